import { buyAll } from './buy';
import { start } from './stock';

async function main(): Promise<void> {
  const server = await start(Number(process.env['PORT'] ?? 8080));
  console.log(`Bought tea ${await buyAll(server.url, 3)} times, 3 each`);
  await server.stop();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

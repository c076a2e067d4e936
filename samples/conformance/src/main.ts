import { serve, type Server } from '@ionosphere/server';
import { control } from './control';
import { help, readOptions } from './options';
import { record, services } from './services';

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return void process.stdout.write(help);
  const server: Server = await serve({ ...options, services, routes: control(() => server.app, record) });
  process.stdout.write(`ready ${server.url}\n`);
  if (server.grpcPort !== undefined) process.stdout.write(`grpc ${options.host ?? '127.0.0.1'}:${server.grpcPort}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`conformance: ${(error as Error).message.replaceAll('\n', ' ')}\n`);
  process.exitCode = 1;
});

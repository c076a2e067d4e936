import { start } from './ticker';

start(Number(process.env['PORT'] ?? 8080)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

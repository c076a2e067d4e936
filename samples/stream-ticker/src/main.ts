import { start } from './ticker';

start(Number(process.env['PORT'] ?? 8080)).then(
  ({ url }) => console.log(`Listening at ${url}`),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

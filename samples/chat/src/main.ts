import { serve } from '@ionosphere/server';
import { dirname, join } from 'node:path';
import { Chat } from './chat';

async function main(): Promise<void> {
  const { PORT = '8080' } = process.env;
  if (!/^\d{1,5}$/.test(PORT) || Number(PORT) > 65535) throw new Error(`PORT is "${PORT}", which is no port`);
  const client = join(dirname(require.resolve('@ionosphere/client/package.json')), 'dist', 'client.mjs');
  const files = { '/': join(__dirname, '..', 'public'), '/client.js': client };
  const { port } = await serve({ port: Number(PORT), services: [Chat], files });
  console.log(`Chat is ready: http://localhost:${port}/`);
}

main().catch((error: Error) => {
  console.error(`chat: ${error.message}. Choose another port: PORT=8081 npm start`);
  process.exitCode = 1;
});

import { serve } from '@ionosphere/server';
import { dirname, join } from 'node:path';
import { Chat } from './chat';

async function main(): Promise<void> {
  const { PORT = '8080' } = process.env;
  if (!/^\d{1,5}$/.test(PORT) || Number(PORT) > 65535)
    throw new Error(`PORT is "${PORT}", which is no port; it must be a number up to 65535, as in: PORT=8081 npm start`);
  const client = join(dirname(require.resolve('@ionosphere/client/package.json')), 'dist', 'client.mjs');
  const files = { '/': join(__dirname, '..', 'public'), '/client.js': client };
  const { port } = await serve({ port: Number(PORT), services: [Chat], files });
  console.log(`Chat is ready: http://localhost:${port}/`);
}

main().catch((error: NodeJS.ErrnoException) => {
  // Of a port that is refused the server says why, and what can be done; not how this program is told of another.
  const how = error.code === undefined ? '' : '; it is set by PORT, as in: PORT=8081 npm start';
  console.error(`chat: ${error.message}${how}`);
  process.exitCode = 1;
});

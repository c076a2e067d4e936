import { DeclarationError, ManagedService, Message, serve } from '@ionosphere/server';
import { Length } from 'class-validator';
import { dirname, join } from 'node:path';

class Line {
  @Length(1, 40) author!: string;
  @Length(1, 500) text!: string;
}

/** Whoever is connected gets every line. */
@ManagedService('/talk')
export class Talk {
  @Message()
  onLine(line: Line): Line {
    return line;
  }
}

async function main(): Promise<void> {
  const { PORT = '8080' } = process.env;
  if (!/^\d{1,5}$/.test(PORT)) throw new DeclarationError(`PORT is "${PORT}", which is no port`);
  // As it comes from npm: nothing of it is changed for this server.
  const library = join(dirname(require.resolve('atmosphere.js')), 'index.js');
  const files = { '/': join(__dirname, '..', 'public'), '/atmosphere.js': library };
  const { port } = await serve({ port: Number(PORT), services: [Talk], files });
  console.log(`Ready: http://localhost:${port}/`);
}

main().catch((error: Error) => {
  console.error(`atmosphere-js: ${error.message}`);
  process.exitCode = 1;
});

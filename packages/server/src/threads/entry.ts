import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const mend = 'set `module` to the file that calls serve: `module: __filename`, or `module: import.meta.url`';

/** The file that threads run. Throws when there is none. */
export function entryOf(module: string | URL | undefined): string {
  const named = module ?? process.argv[1];
  if (named === undefined) throw new Error(`serve: it can't be told what the threads are to run; ${mend}`);
  try {
    const path = String(named).startsWith('file:') ? fileURLToPath(named) : resolve(String(named));
    return createRequire(path).resolve(path);
  } catch (cause) {
    throw new Error(`serve: the threads can't run "${String(named)}", which is not there; ${mend}`, { cause });
  }
}

/** The module is another one. */
export function notCalled(path: string): Error {
  return new Error(`serve: "${path}" did not call serve with \`threads\` when a thread ran it; ${mend}`);
}

import type * as Ws from 'ws';

const PACKAGE = 'ws';

/** The WebSocket of the package `ws`, which the application installs. Throws an error that says so when it has not. */
export const { WebSocket } = loaded();

function loaded(): typeof Ws {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import that is not found can't be caught here
    return require(PACKAGE) as typeof Ws;
  } catch (cause) {
    const { code, message } = cause as { code?: string; message?: string };
    if (code !== 'MODULE_NOT_FOUND' || !message?.includes(`'${PACKAGE}'`)) throw cause;
    throw new Error(`@ionosphere/client/node needs the package ${PACKAGE}: npm install ${PACKAGE}`, { cause });
  }
}

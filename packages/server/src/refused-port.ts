import { createServer } from 'node:net';

const FREE = 'choose another one, or `port: 0` for any that is free';

const unknownHost = (): string =>
  'no host of that name is known; `host` must be an address of this machine, or be left out for all of them';

/** What is to be done about what the system says. Others of its words are told as they are. */
const mends: Readonly<Record<string, (port: number) => string>> = {
  EADDRINUSE: (port) =>
    `the port is in use, perhaps by an earlier run; end the program that has it (\`lsof -i :${port}\` tells which), or ${FREE}`,
  EACCES: (port) =>
    port < 1024
      ? `this process may not use a port below 1024; choose one above, such as 8080, or give it the right (on Linux: CAP_NET_BIND_SERVICE)`
      : `the system does not allow this process to use the port; ${FREE}`,
  EADDRNOTAVAIL: () =>
    'this machine has no such address; `host` must be one of its own, such as 127.0.0.1, or be left out for all of them',
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
};

/**
 * Why a port could not be listened on, and what to do. The native library does not say why, so Node.js is asked to do the same.
 * The error has the `code` of Node.js, such as `EADDRINUSE`, where there is one.
 */
export async function refusedPort(host: string | undefined, port: number): Promise<Error> {
  const cause = await refusalOf(host, port);
  const mend = mends[cause?.code ?? '']?.(port) ?? `${cause?.message ?? 'the port was in use a moment ago'}; ${FREE}`;
  const error = new Error(`Can't listen on ${host ?? 'all addresses'}, port ${port}: ${mend}`, cause && { cause });
  return cause?.code === undefined ? error : Object.assign(error, { code: cause.code });
}

function refusalOf(host: string | undefined, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    // `exclusive` for a worker of a cluster, which would ask its primary for the port.
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

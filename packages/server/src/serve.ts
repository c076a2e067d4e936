import { createRequire } from 'node:module';
import type { App, Logger } from '@ionosphere/core';
import { makeApp, makeHost } from './assembly';
import { startGrpc } from './grpc';
import { hostBehind, urlOf } from './native-app';
import { checkOptions, type ServeOptions, type ThreadedOptions } from './serve-options';
import { Server, type RunningServer } from './server';

export { Server, type ServeOptions };

/**
 * Starts a server: `await serve({ port: 8080, services: [Chat] })`. It listens when `onInit` of each service is over, and then
 * the log has a line `Listening` with its `url`, and with its `host` where it is found elsewhere, too. Rejects when a service is declared wrongly, when one of these throws, when the
 * native library does not load, or when the port can't be listened on: the error says why, and has the `code` of Node.js, such
 * as `EADDRINUSE`.
 *
 * With `threads` each of so many threads runs the module anew, and what follows `await serve(...)` only the thread that started
 * them; in them the promise is never settled.
 */
export function serve(options: ThreadedOptions): Promise<RunningServer>;
export function serve(options: ServeOptions): Promise<Server>;
export async function serve(options: ServeOptions & Partial<ThreadedOptions>): Promise<RunningServer> {
  checkOptions(options);
  const { threads = 1 } = options;
  if (threads > 1) {
    // Not loaded unless it is wanted.
    const module = createRequire(__filename)(
      './threads/serve-in-threads',
    ) as typeof import('./threads/serve-in-threads');
    const { logger, server } = await module.serveInThreads({ ...options, threads });
    return runs(server, logger, options);
  }
  const app = await makeApp(options);
  try {
    await app.start();
    return runs(await listen(app, options), app.logger, options);
  } catch (error) {
    // Without a server nobody else would end its timers, and the services that have begun.
    await app.stop({ deadlineSeconds: options.stopSeconds ?? 10 });
    throw error;
  }
}

async function listen(app: App, options: ServeOptions): Promise<Server> {
  const { port = 8080, host: address, tls, stopSeconds: deadlineSeconds = 10 } = options;
  const { noticeSeconds = 0, retryAfterSeconds = 1, basePath = '' } = options;
  const host = makeHost(app, options);
  const bound = await host.listen(address, port);
  const stopping = { deadlineSeconds, noticeSeconds, retryAfterSeconds };
  const server = new Server(app, host, bound, urlOf(tls, address, bound) + basePath, stopping);
  try {
    server.grpc = options.grpc && (await startGrpc(app, { ...(tls && { tls }), ...options.grpc }));
    host.webCalls = server.grpc?.web;
    return server;
  } catch (error) {
    host.close();
    throw error;
  }
}

/** Says where it is, and stops it on signals. A second signal finds no listener and ends the process as it would any other. */
function runs<T extends RunningServer>(server: T, logger: Logger, options: ServeOptions): T {
  const { signals = ['SIGTERM', 'SIGINT'] } = options;
  const { url, grpcPort }: RunningServer & Partial<Pick<Server, 'grpcPort'>> = server;
  logger.info('Listening', { url, ...hostBehind(options.host), ...(grpcPort !== undefined && { grpcPort }) });
  const stop = (signal: NodeJS.Signals): void => {
    logger.info('Stopping', { signal });
    server.stop().catch((cause: unknown) => logger.error('Stopping failed', { cause }));
  };
  server.onStop = () => signals.forEach((signal) => process.off(signal, stop));
  for (const signal of signals) process.on(signal, stop);
  return server;
}

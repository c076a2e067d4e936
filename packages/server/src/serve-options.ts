import { checkBasePath } from './base-path';
import type { ServeOptions } from './serve';

/** A record, so that the compiler notices an option that is missing here. */
const known: Readonly<Record<keyof ServeOptions, true>> = {
  port: true,
  host: true,
  basePath: true,
  services: true,
  scan: true,
  tls: true,
  grpc: true,
  files: true,
  routes: true,
  webSocket: true,
  signals: true,
  stopSeconds: true,
  noticeSeconds: true,
  retryAfterSeconds: true,
  interceptors: true,
  disableInterceptors: true,
  allowedOrigins: true,
  broadcastFilters: true,
  broadcasterListeners: true,
  cacheInspectors: true,
  listeners: true,
  atmosphereConfig: true,
  config: true,
  limits: true,
  container: true,
  store: true,
  logger: true,
  clock: true,
  onError: true,
};

/** Says what is wrong with the options, for those who have no types: else the library underneath ends the process, or takes no notice. */
export function checkOptions(options: ServeOptions): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new RangeError(`serve: there is no option "${name}"; known are ${Object.keys(known).join(', ')}`);
  }
  const { port = 0, stopSeconds = 0, noticeSeconds = 0, retryAfterSeconds = 0, webSocket = {} } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`serve: port is ${port}; it must be 0 to 65535`);
  }
  checkBasePath(options.basePath ?? '');
  checkSeconds('serve', { stopSeconds, noticeSeconds, retryAfterSeconds });
  const { maxBackpressureBytes = 1 } = webSocket;
  if (!Number.isInteger(maxBackpressureBytes) || maxBackpressureBytes < 1) {
    throw new RangeError(
      `serve: webSocket.maxBackpressureBytes is ${maxBackpressureBytes}; it must be a whole number from 1`,
    );
  }
}

/** Throws unless all of them are numbers from 0. */
export function checkSeconds(of: string, all: Readonly<Record<string, number>>): void {
  for (const [name, seconds] of Object.entries(all))
    if (!(seconds >= 0)) throw new RangeError(`${of}: ${name} is ${seconds}; it must be a number from 0`);
}

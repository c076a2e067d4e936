import type { ServeOptions } from './serve';

const optionNames: ReadonlySet<string> = new Set<keyof ServeOptions>([
  'port',
  'host',
  'services',
  'scan',
  'tls',
  'files',
  'routes',
  'webSocket',
  'signals',
  'stopSeconds',
  'interceptors',
  'disableInterceptors',
  'allowedOrigins',
  'broadcastFilters',
  'broadcasterListeners',
  'listeners',
  'atmosphereConfig',
  'config',
  'container',
  'logger',
  'clock',
  'onError',
]);

/** Says what is wrong with the options, for those who have no types: else the library underneath ends the process, or takes no notice. */
export function checkOptions(options: ServeOptions): void {
  for (const name of Object.keys(options)) {
    if (optionNames.has(name)) continue;
    throw new RangeError(`serve: there is no option "${name}"; known are ${[...optionNames].join(', ')}`);
  }
  const { port = 0, stopSeconds = 0, webSocket = {} } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`serve: port is ${port}; it must be 0 to 65535`);
  }
  if (!(stopSeconds >= 0)) throw new RangeError(`serve: stopSeconds is ${stopSeconds}; it must be a number from 0`);
  const { maxBackpressureBytes = 1 } = webSocket;
  if (!Number.isInteger(maxBackpressureBytes) || maxBackpressureBytes < 1) {
    throw new RangeError(
      `serve: webSocket.maxBackpressureBytes is ${maxBackpressureBytes}; it must be a whole number from 1`,
    );
  }
}

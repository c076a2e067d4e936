import { App, type Siblings } from '@ionosphere/core';
import { ConsoleLogger } from './console-logger';
import { Host } from './host';
import { HttpRoutes } from './http/http-routes';
import type { Relay } from './relay';
import { scan } from './scan';
import type { ServeOptions } from './serve-options';
import { StaticFiles } from './http/static-files';
import { loadNativeFor } from './uws';

/** The services of a server. Rejects when one is declared wrongly. */
export async function makeApp(options: ServeOptions, siblings?: Siblings): Promise<App> {
  const services = [...(options.services ?? []), ...(options.scan === undefined ? [] : await scan(options.scan))];
  const logger = options.logger ?? new ConsoleLogger();
  return new App({ ...options, logger, services: [...new Set(services)], ...(siblings && { siblings }) });
}

/** What puts an app on the net. Throws when the native library does not load, or an option can't be used. */
export function makeHost(app: App, options: ServeOptions, relay?: Relay): Host {
  return new Host(loadNativeFor(app.config.maxHeaderBytes), app, {
    tls: options.tls,
    files: options.files && new StaticFiles(options.files),
    routes: options.routes && new HttpRoutes(options.routes, app),
    webSocket: { maxBackpressureBytes: 1024 * 1024, ...options.webSocket },
    basePath: options.basePath ?? '',
    relay,
  });
}

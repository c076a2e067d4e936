import type { Endpoint } from '../service/endpoint';

/** Gives the endpoints of an app. */
export type RunningApp = () => Iterable<Endpoint>;

/** The apps of this process: `AtmosphereClient.broadcast` is called from anywhere, as in Scalatra. */
const running = new Set<RunningApp>();

/** From now on the routes of an app can be sent to; the function that is given back ends that. */
export function announceRoutes(app: RunningApp): () => void {
  running.add(app);
  return () => void running.delete(app);
}

/** Sends to the clients of the route at a path, and of all that are below it. Gives the number of receivers. */
export function broadcastUnder(path: string, message: unknown): number {
  const above = path.endsWith('/') ? path : `${path}/`;
  let receivers = 0;
  for (const endpoints of running) {
    for (const { service, path: own, broadcaster } of endpoints()) {
      if (!service.clients || (own !== path && !own.startsWith(above))) continue;
      const encode = (value: unknown) => service.clients?.wireFormat.render(value) ?? '';
      receivers += broadcaster.broadcast(message, { encode }).receivers;
    }
  }
  return receivers;
}

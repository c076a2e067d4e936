import { ManagedService, serve } from '@ionosphere/server';
import type { Server } from '@ionosphere/server';

/** Listens only: what its clients get comes from outside. */
@ManagedService('/news')
export class News {}

/** @param everyMillis how often the time is told */
export async function start(port: number, everyMillis = 1000): Promise<Server> {
  const server: Server = await serve({
    port,
    services: [News],
    routes: {
      // curl -d 'It rains' http://localhost:8080/publish
      'POST /publish': ({ body }) => ({ receivers: news().broadcast({ headline: body.toString() }).receivers }),
    },
  });
  const news = () => server.app.broadcasters.lookup('/news');
  news().scheduleFixedBroadcast(() => ({ time: new Date().toISOString() }), everyMillis);
  return server;
}

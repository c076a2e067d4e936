import { OpenSockets } from '../../packages/server/src/transports/open-sockets';
import { serve, silentLogger } from '@ionosphere/server';
import WebSocket from 'ws';
import { serveWebSocket } from '../../packages/server/src/transports/websocket';
import type { TemplatedApp } from '../../packages/server/src/uws';
import { roomAt, Scene, type Effect, type Place } from './place.fixture';

/** What a WebSocket of a page is told: that it is open, or the status and the reason of a refusal. */
async function upgrade(place: Place, origin?: string): Promise<unknown> {
  const server = await serve({
    ...place.app,
    services: [roomAt(place)],
    port: 0,
    host: '127.0.0.1',
    logger: silentLogger,
    signals: [],
  });
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/room`, origin === undefined ? {} : { origin });
  const answer = await new Promise((resolve) => {
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_, { statusCode, headers }) =>
      resolve([statusCode, headers['x-atmosphere-error']]),
    );
    socket.on('error', resolve);
  });
  socket.terminate();
  await server.stop();
  return answer;
}

/** How long the library waits for a WebSocket. Seconds that really pass are in lifecycle.test.ts. */
function idleTimeout(place: Place): number | undefined {
  const behaviours = new Map<string, { idleTimeout?: number }>();
  const native = { ws: (pattern: string, behaviour: object) => void behaviours.set(pattern, behaviour) };
  const { app } = new Scene(place);
  const options = { maxBackpressureBytes: 1, sockets: new OpenSockets() };
  serveWebSocket(native as unknown as TemplatedApp, app, options, app.config, () => undefined);
  return behaviours.get('/room')?.idleTimeout;
}

/** The keys that show on a real WebSocket alone. */
export const wireEffects = {
  WEBSOCKET_SUPPORT: {
    value: 'false',
    observe: (place) => upgrade(place),
    without: 'open',
    with: [501, 'This transport is not supported here.'],
  },
  WEBSOCKET_REQUIRE_SAME_ORIGIN: {
    value: 'false',
    observe: (place) => upgrade(place, 'https://app.example'),
    without: [403, 'This origin is not allowed.'],
    with: 'open',
  },
  WEBSOCKET_IDLETIME: { value: '8000', observe: idleTimeout, without: 120, with: 8 },
} as const satisfies Readonly<Record<string, Effect>>;

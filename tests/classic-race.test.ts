import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually, quiet } from './journal.fixture';
import { TestServer } from './server.fixture';

/** A WebSocket as a classic client has it, and the request by which it says that it leaves. */
interface Leaving {
  readonly socket: WebSocket;
  readonly request: () => Promise<void>;
  /** Waits until the server has seen the end of the socket. */
  readonly noticed: () => Promise<void>;
}

const closed = async (socket: WebSocket): Promise<void> => {
  if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
};

const orders: readonly (readonly [string, (leaving: Leaving) => Promise<void>])[] = [
  [
    'the close frame comes first',
    async ({ socket, request }) => {
      socket.close();
      await closed(socket);
      await request();
    },
  ],
  [
    'the request comes first',
    async ({ socket, request }) => {
      await request();
      socket.close();
      await closed(socket);
    },
  ],
  [
    'both are under way at once, the frame ahead',
    async ({ socket, request }) => {
      socket.close();
      await Promise.all([request(), closed(socket)]);
    },
  ],
  [
    'both are under way at once, the request ahead',
    async ({ socket, request }) => {
      const requested = request();
      socket.close();
      await Promise.all([requested, closed(socket)]);
    },
  ],
  [
    'the connection breaks without a frame, and the request follows',
    async ({ socket, request, noticed }) => {
      socket.terminate();
      await noticed();
      await request();
    },
  ],
  [
    'the request is sent twice',
    async ({ socket, request }) => {
      await Promise.all([request(), request()]);
      await closed(socket);
    },
  ],
];

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});

afterAll(() => server.stop());

describe.each(['GET', 'POST'])('A classic client that leaves its WebSocket and says so by %s', (method) => {
  it.each(orders)('has left once, by its own will, when %s', async (name, leave) => {
    const path = `/room/${method}-${encodeURIComponent(name)}`;
    const query = 'X-Atmosphere-Framework=4.0.1&X-Atmosphere-Transport=websocket&X-atmo-protocol=true';
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}?X-Atmosphere-tracking-id=0&${query}`);
    const [handshake] = (await once(socket, 'message')) as [Buffer];
    const [uuid = ''] = handshake.toString().split('|');
    const resource = server.server.app.resources.find(uuid);
    await leave({
      socket,
      // A beacon is a POST without a body.
      request: async () => {
        const url = `${server.url}${path}?X-Atmosphere-Transport=close&X-Atmosphere-tracking-id=${uuid}`;
        const answer = await fetch(url, { method });
        expect([answer.status, await answer.text()]).toEqual([200, '']);
      },
      noticed: () => eventually(() => resource?.state !== 'ready', 'the server sees the end'),
    });
    await eventually(() => resource?.state === 'closed', 'the end');
    await quiet(20);
    const told = server.happenings.entries.filter((entry) => entry.uuid === uuid && entry.type === 'disconnect');
    expect(told.map(({ flags }) => flags)).toEqual([['isClosedByClient']]);
  });
});

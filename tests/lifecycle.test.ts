import { Client, transports } from './client.fixture';
import { eventually, quiet } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';
import type { Happening } from './services.fixture';

const graceMillis = 150;

let server: TestServer;
let proxy: Proxy;

beforeAll(async () => {
  server = await TestServer.start({
    config: {
      recoverySeconds: graceMillis / 1000,
      pollGraceSeconds: graceMillis / 1000,
      heartbeatSeconds: 0.5,
    },
    limits: { webSocketIdleSeconds: 8 },
  });
});

beforeEach(async () => {
  proxy = await Proxy.start(server.port);
});

afterEach(async () => {
  await Client.closeAll();
  await proxy.stop();
});

afterAll(() => server.stop());

/** What a path's service was told, without the uuids. */
function told(path: string): Pick<Happening, 'type' | 'flags'>[] {
  return server.happenings.entries.filter((entry) => entry.path === path).map(({ type, flags }) => ({ type, flags }));
}

const disconnects = (path: string): Happening[] => server.happenings.of('disconnect', path);

async function connected(path: string, transport: (typeof transports)[number], reconnect = false): Promise<Client> {
  const options = { transport, track: true, reconnect, reconnectInterval: 20 };
  const client = await Client.open(proxy.url + path, options);
  await server.happenings.until(() => server.happenings.of('ready', path).length === 1, '@Ready');
  return client;
}

describe.each(transports)('@Ready and @Disconnect over %s', (transport) => {
  const ready = { type: 'ready', flags: [] };
  /** Of this client's transports only a WebSocket says goodbye; the others just break off. */
  const closed = transport === 'websocket' ? 'isClosedByClient' : 'isCancelled';

  it('come once each when the client closes', async () => {
    const path = `/room/${transport}-close`;
    const client = await connected(path, transport);
    await client.closePlainly();
    await server.happenings.until(() => disconnects(path).length > 0, '@Disconnect');
    await quiet(graceMillis);
    expect(told(path)).toEqual([ready, { type: 'disconnect', flags: [closed] }]);
    expect(disconnects(path)[0]?.uuid).toBe(server.happenings.of('ready', path)[0]?.uuid);
  });

  it('come once each when the peer vanishes, and not before it had time to come back', async () => {
    const path = `/room/${transport}-vanish`;
    await connected(path, transport);
    const start = Date.now();
    proxy.hold();
    proxy.cut();
    await server.happenings.until(() => disconnects(path).length > 0, '@Disconnect');
    expect(Date.now() - start).toBeGreaterThanOrEqual(graceMillis - 10);
    await quiet(graceMillis);
    expect(told(path)).toEqual([ready, { type: 'disconnect', flags: ['isCancelled'] }]);
  });

  it('say that the client is back when it returns in time, and are not repeated for polls', async () => {
    const path = `/room/${transport}-return`;
    const client = await connected(path, transport, true);
    proxy.cut();
    await client.events.until(() => client.count('reopen') === 1, 'the client is back');
    client.push('here');
    expect(await client.received(1)).toEqual(['here']);
    await quiet(graceMillis + 100);
    expect(told(path)).toEqual(
      transport === 'long-polling' ? [ready] : [ready, { type: 'ready', flags: ['recovered'] }],
    );
    expect(new Set(server.happenings.of('ready', path).map(({ uuid }) => uuid)).size).toBe(1);
  });

  it('begin anew when the client returns too late', async () => {
    const path = `/room/${transport}-late`;
    const client = await connected(path, transport, true);
    proxy.hold();
    proxy.cut();
    await server.happenings.until(() => disconnects(path).length > 0, '@Disconnect');
    proxy.release();
    await server.happenings.until(() => server.happenings.of('ready', path).length === 2, '@Ready again');
    await client.events.until(() => client.count('reopen') === 1, 'the client is back');
    client.push('a|b');
    expect(await client.received(1)).toEqual(['a|b']);
    // Nothing is left of what it was before, so it has a gap.
    const anew = { ...ready, flags: ['gap'] };
    expect(told(path)).toEqual([ready, { type: 'disconnect', flags: ['isCancelled'] }, anew]);
  });

  it('come once each when the application closes the resource, which the client notices', async () => {
    const path = `/room/${transport}-app`;
    const client = await connected(path, transport);
    const [{ uuid } = { uuid: '' }] = server.happenings.of('ready', path);
    server.server.app.resources.find(uuid)?.send('last words');
    server.server.app.resources.find(uuid)?.close();
    await client.events.until(() => client.count('close') === 1, 'close');
    expect(client.messages.entries).toEqual(['last words']);
    await quiet(graceMillis + 100);
    expect(told(path)).toEqual([ready, { type: 'disconnect', flags: ['isClosedByApplication'] }]);
  });
});

describe('a peer that falls silent', () => {
  it('is noticed on WebSocket by its missing pongs, and on long-polling when it does not ask again', async () => {
    const silent = ['websocket', 'long-polling'] as const;
    const clients = await Promise.all(silent.map((transport) => connected(`/room/silent-${transport}`, transport)));
    proxy.blackhole();
    await eventually(
      () => silent.every((transport) => disconnects(`/room/silent-${transport}`).length === 1),
      'both',
      14_000,
    );
    for (const transport of silent)
      expect(disconnects(`/room/silent-${transport}`)[0]).toMatchObject({ transport, flags: ['isCancelled'] });
    expect(clients.flatMap((client) => client.messages.entries)).toEqual([]);
  });
});

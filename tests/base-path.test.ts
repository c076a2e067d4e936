import { WebSocket } from 'ws';
import { packageOf, versions } from './classic.fixture';
import { Client, transports } from './client.fixture';
import { Journal } from './journal.fixture';
import { TestServer } from './server.fixture';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start({
    basePath: '/my-app/v1.2',
    files: { '/': `${__dirname}/page` },
    routes: { 'GET /status': () => 'fine' },
  });
});

afterAll(async () => {
  await Client.closeAll();
  await server.stop();
});

const origin = (): string => `http://127.0.0.1:${server.port}`;
const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

describe('A server below a path', () => {
  it('says it in its address, and has services, routes and files there', async () => {
    expect(server.url).toBe(`${origin()}/my-app/v1.2`);
    expect(await (await fetch(`${server.url}/status`)).text()).toBe('fine');
    expect(await (await fetch(`${server.url}/index.html`)).text()).toContain('<html');
    for (const page of [server.url, `${server.url}/`]) expect(await statusOf(page)).toBe(200);
  });

  it('finds nothing elsewhere, but is in good health there too', async () => {
    for (const path of ['/status', '/index.html', '/', '/my-app', '/my-app/v1.2x/status', '/my-app/v1x2/status'])
      expect([path, await statusOf(origin() + path)]).toEqual([path, 404]);
    for (const path of ['/health', '/my-app/v1.2/health']) expect(await statusOf(origin() + path)).toBe(200);
    const posted = await fetch(`${origin()}/room/a`, { method: 'POST', body: 'x' });
    expect(posted.status).toBe(404);
    const refused = new WebSocket(`${origin().replace('http', 'ws')}/room/a`);
    expect(
      await new Promise((done) => refused.on('unexpected-response', (_, { statusCode }) => done(statusCode))),
    ).toBe(404);
  });

  it.each(transports)('is spoken to over %s, and its broadcasters have names without that path', async (transport) => {
    const client = await Client.open(`${server.url}/room/base-${transport}`, { transport, track: true });
    client.push('hello');
    expect(await client.received(1)).toEqual(['hello']);
    server.broadcast(`/room/base-${transport}`, 'to all');
    expect(await client.received(2)).toEqual(['hello', 'to all']);
    expect(server.happenings.of('ready', `/room/base-${transport}`)).toHaveLength(1);
  });

  it.each(versions)('is spoken to by atmosphere.js %s', async (version) => {
    const messages = new Journal<string>();
    const events = new Journal<string>();
    const { subscribe } = jest.requireActual<{
      subscribe(options: object): { push(text: string): void; close(): void };
    }>(packageOf(version));
    const socket = subscribe({
      url: `${server.url}/room/base-${version}`,
      transport: 'long-polling',
      fallbackTransport: 'none',
      trackMessageLength: true,
      logLevel: 'error',
      closeAsync: true,
      onOpen: () => events.push('open'),
      onMessage: ({ responseBody }: { responseBody: string }) => messages.push(responseBody),
    });
    await events.until(({ length }) => length > 0, 'onOpen');
    socket.push('hello');
    await messages.until(({ length }) => length > 0, 'the echo');
    socket.close();
    expect(messages.entries).toEqual(['hello']);
  });
});

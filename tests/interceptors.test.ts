import {
  AtmosphereResourceLifecycleInterceptor,
  BroadcastOnPostInterceptor,
  IdleResourceInterceptor,
  ManagedService,
  Message,
  RateLimitingInterceptor,
  serve,
  silentLogger,
  TrackMessageSizeB64Interceptor,
  type Server,
} from '@ionosphere/server';
import { Client, transports } from './client.fixture';
import { eventually } from './journal.fixture';
import { codeOf, raw, RawSocket } from './raw.fixture';

class Echo {
  @Message() onMessage(text: string): string {
    return text;
  }
}

@ManagedService({ path: '/base64', interceptors: [TrackMessageSizeB64Interceptor] })
class Base64 extends Echo {}

@ManagedService({ path: '/post', interceptors: [BroadcastOnPostInterceptor] })
class Posted {}

@ManagedService({ path: '/few', interceptors: [new RateLimitingInterceptor({ messages: 2, policy: 'disconnect' })] })
class Few extends Echo {}

@ManagedService({ path: '/slow', interceptors: [new RateLimitingInterceptor({ handshakesPerSecond: 0.1 })] })
class Slow extends Echo {}

@ManagedService({ path: '/idle', interceptors: [new IdleResourceInterceptor({ maxInactiveSeconds: 0.2 })] })
class Idle extends Echo {}

@ManagedService({
  path: '/timed',
  interceptors: [new AtmosphereResourceLifecycleInterceptor({ timeoutSeconds: 0.2, methods: ['GET', 'POST'] })],
})
class Timed extends Echo {}

let server: Server;

beforeAll(async () => {
  const services = [Base64, Posted, Few, Slow, Idle, Timed];
  server = await serve({ services, port: 0, host: '127.0.0.1', signals: [], logger: silentLogger });
});

afterEach(() => Client.closeAll());
afterAll(() => server.stop());

describe.each(transports)('Over %s', (transport) => {
  it('a client reads messages in base64, and its handshake as ever', async () => {
    const client = await Client.open(`${server.url}/base64`, { transport, track: true });
    client.push('é|😀');
    const [message] = await client.received(1);
    expect(Buffer.from(message as string, 'base64').toString()).toBe('é|😀');
  });

  it('what a client sends is broadcast without a method for it', async () => {
    const clients = await Promise.all(
      [transport, 'websocket' as const].map((name) =>
        Client.open(`${server.url}/post`, { transport: name, track: true }),
      ),
    );
    clients[0]?.push('news');
    for (const client of clients) expect(await client.received(1)).toEqual(['news']);
  });
});

describe('Too many', () => {
  it('messages end a WebSocket with 4429', async () => {
    const socket = await RawSocket.open(`${server.url}/few`);
    for (const text of ['a', 'b', 'c']) socket.send(text);
    await socket.ended.until(({ length }) => length === 1, 'the end');
    expect(socket.ended.entries).toEqual([4429]);
    expect(socket.messages.entries).toEqual(['a', 'b']);
  });

  it('connects of one address are answered with 429, before a WebSocket too', async () => {
    (await RawSocket.open(`${server.url}/slow`)).close();
    await expect(RawSocket.open(`${server.url}/slow`)).rejects.toThrow('429');
    const answer = await raw(server.port, { target: '/slow?X-Atmosphere-Transport=sse' });
    expect([answer.status, codeOf(answer.body), answer.headers.get('retry-after')]).toEqual([
      429,
      'rate-limited',
      '10',
    ]);
  });
});

describe('An idle client', () => {
  it('is closed, and told so, unless it polls', async () => {
    const socket = await RawSocket.open(`${server.url}/idle`);
    const poller = await Client.open(`${server.url}/idle`, { transport: 'long-polling', track: true });
    await socket.ended.until(({ length }) => length === 1, 'the end');
    expect(socket.ended.entries).toEqual([4409]);
    server.app.broadcasters.lookup('/idle').broadcast('still there');
    expect(await poller.received(1)).toEqual(['still there']);
  });
});

describe('A service that resumes its clients', () => {
  it('answers polls and ends streams, and nothing is lost', async () => {
    const options = { track: true, reconnect: true, reconnectInterval: 5 };
    const clients = await Promise.all(
      (['long-polling', 'streaming'] as const).map((transport) =>
        Client.open(`${server.url}/timed`, { transport, ...options }),
      ),
    );
    const all = Array.from({ length: 25 }, (_, index) => `message ${index}`);
    for (const message of all) {
      server.app.broadcasters.lookup('/timed').broadcast(message);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const client of clients) expect(await client.received(all.length)).toEqual(all);
    expect(clients[1]?.count('reopen')).toBeGreaterThan(0);
  });

  it('lets old clients connect by POST, where it says so', async () => {
    const target = (path: string): string =>
      `${path}?X-Atmosphere-Transport=streaming&X-Atmosphere-Framework=3.1.3-javascript`;
    const stream = raw(server.port, { method: 'POST', target: target('/timed'), body: '' });
    const connected = (): boolean =>
      [...server.app.resources.all()].some(({ request, state }) => request.method === 'POST' && state === 'ready');
    await eventually(connected, 'the client is connected');
    server.app.broadcasters.lookup('/timed').broadcast('hello');
    expect((await stream).text).toContain('hello');
  });
});

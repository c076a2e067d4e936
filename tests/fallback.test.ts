import { ApplicationConfig } from '@ionosphere/server';
import { Client } from './client.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

const isUpgrade = (request: string): boolean => /\r\nupgrade: websocket\r\n/i.test(request);
const refusals = [
  {
    name: 'is answered with 404',
    answer: 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
    reason: /connection error/,
    connectTimeout: 10_000,
  },
  {
    name: 'is answered with 501',
    answer: 'HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n',
    reason: /connection error/,
    connectTimeout: 10_000,
  },
  // Of the fallback, too, it is how long the client waits.
  { name: 'is never answered', answer: '', reason: /timeout/i, connectTimeout: 500 },
];

let server: TestServer;
let proxy: Proxy;

beforeAll(async () => {
  server = await TestServer.start();
});

beforeEach(async () => {
  proxy = await Proxy.start(server.port);
});

afterEach(async () => {
  await Client.closeAll();
  await proxy.stop();
});

afterAll(() => server.stop());

describe.each(refusals)('atmosphere.js whose WebSocket upgrade $name', ({ answer, reason, connectTimeout }) => {
  it.each(['sse', 'streaming', 'long-polling'] as const)('falls back to %s and works there', async (fallback) => {
    proxy.answer((request) => (isUpgrade(request) ? answer : undefined));
    const client = await Client.open(`${proxy.url}/echo`, {
      transport: 'websocket',
      fallbackTransport: fallback,
      connectTimeout,
      track: true,
    });
    client.push('through|the back door');
    expect(await client.received(1)).toEqual(['through|the back door']);
    const [failure] = client.events.entries.filter(({ type }) => type === 'transportFailure');
    expect(failure?.detail).toMatch(reason);
    expect(client.events.entries.filter(({ type }) => type === 'open')).toEqual([
      { type: 'open', transport: fallback },
    ]);
  });
});

describe('atmosphere.js that the server itself refuses', () => {
  it('falls back, because the upgrade was answered with a status and not with a socket', async () => {
    const client = await Client.open(`${server.url}/echo`, {
      transport: 'websocket',
      fallbackTransport: 'sse',
      // A percent sign alone: refused as a bad request.
      contentType: '%',
    }).catch((error: Error) => error);
    expect(client).toBeInstanceOf(Client);
  });

  it('falls back where WebSocket is switched off', async () => {
    const without = await TestServer.start({ atmosphereConfig: [`${ApplicationConfig.WEBSOCKET_SUPPORT}=false`] });
    try {
      const client = await Client.open(`${without.url}/echo`, { transport: 'websocket', fallbackTransport: 'sse' });
      client.push('hi');
      expect(await client.received(1)).toEqual(['hi']);
    } finally {
      await Client.closeAll();
      await without.stop();
    }
  });

  it('learns at once that there is nothing at a path, on every transport', async () => {
    for (const transport of ['websocket', 'sse', 'streaming', 'long-polling'] as const)
      await expect(Client.open(`${server.url}/nowhere`, { transport })).rejects.toThrow(/error|failed/);
  });
});

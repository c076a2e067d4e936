import { ManagedService, silentLogger } from '@ionosphere/core';
import * as corked from '../http/corked';
import { serve, type Server } from '../serve';

@ManagedService('/room')
class Room {}

let server: Server;
const writes = jest.spyOn(corked, 'writeCorked');

beforeAll(async () => {
  server = await serve({ port: 0, host: '127.0.0.1', services: [Room], signals: [], logger: silentLogger });
});

beforeEach(() => writes.mockClear());

afterAll(() => server.stop());

/** What a stream begins with: each write as one text. */
async function beginning(transport: string, parameters: string): Promise<string[]> {
  const abort = new AbortController();
  const query = `X-Atmosphere-tracking-id=0&X-Atmosphere-Transport=${transport}${parameters}`;
  // The headers leave with the first bytes, so there are some.
  await fetch(`${server.url}/room?${query}`, { signal: abort.signal });
  abort.abort();
  return writes.mock.calls.map(([, chunks]) => chunks.join(''));
}

describe.each(['streaming', 'sse'])('A connection of %s', (transport) => {
  it('begins with padding and handshake in one write, for a classic client that speaks when it has read either', async () => {
    const [first, ...more] = await beginning(transport, '&X-Atmosphere-Framework=4.0.1&X-atmo-protocol=true');
    expect(first).toMatch(/^ {2048}\n(?:data:)?[0-9a-f-]{36}\|0\|X\|\n*$/);
    expect(more).toEqual([]);
  });

  it('that has nothing to say yet begins with what no reader takes for a message', async () => {
    const id = /^:\nid:[0-9a-f-]{36}\/[0-9a-z]+\.-1\n\n$/;
    expect(await beginning(transport, '')).toEqual([
      transport === 'sse' ? (expect.stringMatching(id) as string) : '\uFEFF',
    ]);
  });

  it.each(['has ended', 'was left by its peer'])('takes no more once it %s', async (how) => {
    const abort = new AbortController();
    const query = `X-Atmosphere-tracking-id=0&X-Atmosphere-Transport=${transport}`;
    const { headers } = await fetch(`${server.url}/room?${query}`, { signal: abort.signal });
    const resource = server.app.resources.find(String(headers.get('X-Atmosphere-tracking-id')));
    const connection = resource?.out.connection;
    expect(connection?.write(['hello'])).toBe('ok');
    if (how === 'has ended') resource?.close();
    abort.abort();
    while (resource?.state === 'ready') await new Promise((resolve) => setImmediate(resolve));
    expect(connection?.write(['late'])).toBe('closed');
  });
});

import { Client } from '../client.fixture';
import { FrameSocket } from '../frames.fixture';
import { eventually } from '../journal.fixture';
import { codeOf, raw, RawSocket } from '../raw.fixture';
import { TestServer } from '../server.fixture';
import { transports as names } from '../client.fixture';

const id = 'X-Atmosphere-tracking-id';
const minted = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const transports = ['sse', 'streaming', 'long-polling', 'polling', 'jsonp'] as const;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ config: { pollGraceSeconds: 0.05, recoverySeconds: 0.05 } });
});
afterAll(async () => {
  await Client.closeAll();
  await server.stop();
});

const resources = () => server.server.app.resources;
const query = (transport: string, more = ''): string =>
  `X-Atmosphere-Transport=${transport}&X-Atmosphere-Framework=5.0.7&X-atmo-protocol=true&jsonpTransport=f${more}`;

describe('A page from elsewhere', () => {
  const foreign = { Origin: 'https://evil.example' };

  it.each(transports)('opens nothing over %s, and leaves nothing behind', async (transport) => {
    const before = resources().size;
    const answer = await raw(server.port, { target: `/echo?${query(transport)}`, headers: foreign });
    expect([answer.status, codeOf(answer.body), answer.headers.has(id.toLowerCase())]).toEqual([
      403,
      'origin-refused',
      false,
    ]);
    expect([resources().size, server.connects.length]).toEqual([before, 0]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'GET'])('has no say by %s', async (method) => {
    const target = `/fan?X-Atmosphere-Post-Body=hi&${id}=0`;
    const answer = await raw(server.port, { method, target, headers: foreign, body: 'hi' });
    expect([answer.status, answer.headers.has('access-control-allow-origin')]).toEqual([403, false]);
  });

  it.each(['https://evil.example', 'null', 'http://127.0.0.1', 'http://127.0.0.1:1', 'http://127.0.0.1.evil.example'])(
    'gets no WebSocket: %s',
    async (origin) => {
      const before = resources().size;
      await expect(FrameSocket.open(server.port, '/echo', { headers: `Origin: ${origin}\r\n` })).rejects.toThrow('403');
      expect([resources().size, server.connects.length]).toEqual([before, 0]);
    },
  );
});

describe('An id', () => {
  it('has 122 random bits, and is minted by the server', async () => {
    const ids = new Set<string>();
    for (let index = 0; index < 400; index++) {
      const { headers } = await raw(server.port, { target: `/echo?${query('polling')}` });
      ids.add(headers.get(id.toLowerCase()) ?? '');
    }
    expect(ids.size).toBe(400);
    const ones = new Array<number>(128).fill(0);
    for (const uuid of ids) {
      expect(uuid).toMatch(minted);
      const bits = BigInt(`0x${uuid.replaceAll('-', '')}`);
      ones.forEach((count, bit) => (ones[bit] = count + Number((bits >> BigInt(bit)) & 1n)));
    }
    // Version and variant are fixed; of all others, none leans to a side by more than chance (six times the deviation).
    const random = ones.filter((count) => Math.abs(count - 200) < 60);
    expect([random.length, ones.length - random.length]).toEqual([122, 6]);
  });

  it.each([...transports, 'websocket'])('that the client made up is never adopted: %s', async (transport) => {
    const own = crypto.randomUUID();
    // Twice: the second time the server has seen it.
    for (let turn = 0; turn < 2; turn++) {
      const target = `/echo?${query(transport, `&${id}=${own}`)}`;
      if (transport === 'websocket') (await RawSocket.open(server.url + target)).close();
      else if (transport === 'sse' || transport === 'streaming') {
        const aborter = new AbortController();
        const { headers } = await fetch(server.url + target, { signal: aborter.signal });
        expect(headers.get(id.toLowerCase())).not.toBe(own);
        aborter.abort();
      } else expect((await raw(server.port, { target })).headers.get(id.toLowerCase())).not.toBe(own);
      expect(resources().find(own)).toBeUndefined();
    }
    expect((await raw(server.port, { method: 'POST', target: `/echo?${id}=${own}`, body: 'x' })).status).toBe(404);
  });

  it('of one path is no id at another', async () => {
    const client = await Client.open(`${server.url}/room/one`, { transport: 'websocket', track: true });
    const { uuid = '' } = [...resources().all()].find(({ endpoint }) => endpoint.path === '/room/one') ?? {};
    const answer = await raw(server.port, { target: `/room/two?${query('polling', `&${id}=${uuid}`)}` });
    expect(answer.headers.get(id.toLowerCase())).not.toBe(uuid);
    expect((await raw(server.port, { method: 'POST', target: `/room/two?${id}=${uuid}`, body: 'x' })).status).toBe(404);
    await client.close();
  });

  it.each(names)('that was ours, and lapsed, brings back nothing of what was: %s', async (transport) => {
    const path = `/room/lapsed-${transport}`;
    const poll = (uuid: string) => raw(server.port, { target: `${path}?${query('polling', `&${id}=${uuid}`)}` });
    const uuid = (await poll('0')).headers.get(id.toLowerCase()) ?? '';
    resources().find(uuid)?.attributes.set('secret', 'of the first');
    server.broadcast(path, 'while it was away');
    await eventually(() => resources().find(uuid) === undefined, 'the resource lapses');
    const again = await poll(uuid);
    const heir = resources().find(again.headers.get(id.toLowerCase()) ?? '');
    expect([again.body, heir?.attributes.size]).toEqual(['', 0]);
  });
});

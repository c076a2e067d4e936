import { Client, transports } from '../client.fixture';
import { codeOf, raw } from '../raw.fixture';
import { TestServer } from '../server.fixture';
import { lastProbe, probe, say } from './conversation.fixture';

let server: TestServer;
let witnesses: Client[];
let tickets = 0;

beforeAll(async () => {
  server = await TestServer.start({ limits: { maxMessageBytes: 2000 } });
  witnesses = await Promise.all(
    transports.map((transport) => Client.open(`${server.url}/room/witness`, { transport, track: true })),
  );
});
afterAll(async () => {
  await Client.closeAll();
  await server.stop();
});

/** Whatever was said, those who were there get what is sent to them, and nothing else. */
afterEach(async () => {
  server.broadcast('/room/witness', `ticket ${++tickets}`);
  const expected = Array.from({ length: tickets }, (_, index) => `ticket ${index + 1}`);
  for (const witness of witnesses) expect(await witness.received(tickets)).toEqual(expected);
});

const host = 'Host: x\r\n';
const post = (headers: string, body: string): string => `POST /echo HTTP/1.1\r\n${host}${headers}\r\n\r\n${body}`;

describe('A request whose end two readers would see in two places', () => {
  it.each([
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
    ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'],
    ['two lengths, the first shorter', 'Content-Length: 5\r\nContent-Length: 90', 'hello'],
    ['two lengths, the first longer', 'Content-Length: 90\r\nContent-Length: 5', 'hello'],
    ['a list of lengths', 'Content-Length: 5, 5', 'hello'],
    ['a length without a number', 'Content-Length:', 'hello'],
    ['a length with a sign', 'Content-Length: +5', 'hello'],
    ['a negative length', 'Content-Length: -5', 'hello'],
    ['a hexadecimal length', 'Content-Length: 0x5', 'hello'],
    ['a length beyond all numbers', 'Content-Length: 99999999999999999999', 'hello'],
    ['a space before the colon', 'Content-Length : 5', 'hello'],
    ['another coding', 'Transfer-Encoding: xchunked', '5\r\nhello\r\n0\r\n\r\n'],
    ['two codings', 'Transfer-Encoding: gzip, chunked', '5\r\nhello\r\n0\r\n\r\n'],
    ['two lines of codings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '5\r\nhello\r\n0\r\n\r\n'],
    ['a folded coding', 'Transfer-Encoding:\r\n chunked', '5\r\nhello\r\n0\r\n\r\n'],
    ['a size of a chunk that is none', 'Transfer-Encoding: chunked', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['chunks with bare line feeds', 'Transfer-Encoding: chunked', '5\nhello\n0\n\n'],
    ['chunks, whatever follows', 'Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
  ])('smuggles nothing in: %s', async (_what, headers, body) => {
    const { statuses, ended } = await say(server.port, post(headers, body) + probe() + lastProbe);
    expect(ended).toBe(true);
    // Nothing after it is served: at most it is refused, and the connection is over.
    expect([[], [400], [413]]).toContainEqual(statuses);
  });

  it.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 5', 'hello'],
    ['a length without a number', 'Content-Length:', ''],
    ['another coding', 'Transfer-Encoding: xchunked', '5\r\nhello\r\n0\r\n\r\n'],
  ])('is told why, when nothing follows: %s', async (_what, headers, body) => {
    const { statuses, ended, text } = await say(server.port, post(headers, body));
    expect([statuses, ended, codeOf(text.split('\r\n\r\n')[1])]).toEqual([[400], true, 'bad-request']);
  });

  it('is none when it comes in chunks and alone', async () => {
    const { statuses, text } = await say(server.port, post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'));
    expect([statuses, text.endsWith('\r\n\r\nhello')]).toEqual([[200], true]);
  });
});

describe('A header of a client', () => {
  it.each([
    ['is folded', 'X-A: b\r\n Origin: https://evil.example'],
    ['has a line feed in it', 'X-A: b\nOrigin: https://evil.example'],
    ['has a NUL in it', 'X-A: b\0c'],
    ['has no colon', 'nonsense'],
  ])('is refused when it %s', async (_what, line) => {
    const { statuses, ended } = await say(server.port, `GET /health HTTP/1.1\r\n${host}${line}\r\n\r\n${lastProbe}`);
    expect([statuses, ended]).toEqual([[400], true]);
  });

  it('counts as a list when it comes twice, so that none of its values wins', async () => {
    const twice = `Origin: http://127.0.0.1:${server.port}\r\nOrigin: https://evil.example\r\nConnection: close\r\n`;
    const bytes = `GET /echo?X-Atmosphere-Transport=polling HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n${twice}\r\n`;
    expect((await say(server.port, bytes)).statuses).toEqual([403]);
  });

  it('may not be larger than a few kilobytes', async () => {
    const { statuses } = await say(server.port, `GET /health HTTP/1.1\r\n${host}X-A: ${'a'.repeat(100_000)}\r\n\r\n`);
    expect(statuses).toEqual([431]);
    const { status } = await raw(server.port, { target: `/health?${'a'.repeat(100_000)}` });
    expect(status).toBe(431);
  });
});

describe('Requests that come one behind the other', () => {
  it('are answered in their order, each once', async () => {
    const posts = Array.from({ length: 50 }, (_, index) => post('Content-Length: 2', String(index).padStart(2, '0')));
    const { text } = await say(server.port, posts.join('') + lastProbe);
    const bodies = text.split(/HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\n/).slice(1, 51);
    expect(bodies).toEqual(posts.map((_, index) => String(index).padStart(2, '0')));
  });

  it('end the connection when the first of them is held, and only that', async () => {
    const held = `GET /room/held?X-Atmosphere-Transport=long-polling HTTP/1.1\r\n${host}\r\n`;
    expect(await say(server.port, held + probe())).toMatchObject({ statuses: [], ended: true });
  });
});

describe('A path', () => {
  it.each(['/room/a%00b', '/%00', '/room/%ff', '/room/%c0%af', '/room/\u00ff', '/echo%'])(
    'that no text can be is refused: %s',
    async (path) => {
      const bytes = Buffer.from(`GET ${path} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 'latin1');
      const { statuses, text } = await say(server.port, bytes);
      expect([statuses, codeOf(text.split('\r\n\r\n')[1])]).toEqual([[400], 'bad-request']);
    },
  );

  it.each(['/room/__proto__', '/room/constructor', '/room/hasOwnProperty', '/room/..%2f..%2fetc%2fpasswd'])(
    'is a name like any other: %s',
    async (path) => {
      const answer = await raw(server.port, { method: 'POST', target: path, body: 'x' });
      expect(answer.status).toBe(200);
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
  );
});

describe('What is no HTTP/1.1', () => {
  it.each([
    ['HTTP/1.0', 'GET /health HTTP/1.0\r\nHost: x\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/0.9', 'GET /health\r\n\r\n'],
    ['no host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['a foreign target', 'GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a TLS greeting', Buffer.from('16030100f8010000f40303'.padEnd(200, '0'), 'hex')],
  ])('is refused, and the connection ends: %s', async (_what, bytes) => {
    const { statuses, ended } = await say(server.port, bytes);
    expect([statuses.every((status) => status >= 400), ended]).toEqual([true, true]);
  });
});

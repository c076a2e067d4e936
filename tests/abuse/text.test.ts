import {
  ConsoleLogger,
  Failure,
  Get,
  LogContextInterceptor,
  ManagedService,
  Message,
  Request,
  type HttpAnswer,
} from '@ionosphere/server';
import { runInNewContext } from 'node:vm';
import { FrameSocket } from '../frames.fixture';
import { raw, type RawRequest } from '../raw.fixture';
import { TestServer } from '../server.fixture';
import { Chat, Echo, Room } from '../services.fixture';

const lines: string[] = [];

/** Does with the client's text what careless handlers do. */
@ManagedService('/careless')
class Careless {
  @Get() onGet(request: Request): HttpAnswer | string {
    const name = request.query.get('name') ?? '';
    if (request.query.has('throw')) throw new Error(`no such name: ${name}`, { cause: name });
    if (request.query.has('refuse')) throw new Failure('forbidden', `not you, ${name}`);
    if (!request.query.has('header')) return name;
    return { status: 200, headers: { 'X-Name': name, ...(request.query.has('field') && { [name]: 'x' }) } };
  }

  @Message() onMessage(text: string): void {
    throw new Error(text);
  }
}

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    services: [Careless, Chat, Echo, Room],
    interceptors: [new LogContextInterceptor()],
    logger: new ConsoleLogger('debug', (line) => lines.push(line)),
  });
});
afterAll(() => server.stop());
beforeEach(() => void lines.splice(0));

const ask = (request: RawRequest) => raw(server.port, request);
const markup = '<img src=x onerror=alert(1)>';
const id = 'X-Atmosphere-tracking-id';

describe('Text of a client', () => {
  const evil = encodeURIComponent('x\r\nSet-Cookie: evil=1\r\n\r\n<script>');
  const fields = [
    id,
    'X-Atmosphere-Transport',
    'X-Atmosphere-Framework',
    'X-atmo-protocol',
    'X-Cache-Date',
    'X-Heartbeat-Server',
    'Content-Type',
    'X-Atmosphere-Auth',
    'X-Atmosphere-Post-Body',
    'jsonpTransport',
    'name',
  ];

  it.each(fields)('never begins a header, as parameter %s', async (name) => {
    for (const transport of ['polling', 'jsonp', 'long-polling', 'close', 'nonsense'])
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const rest = `X-Atmosphere-Transport=${transport}&jsonpTransport=f&X-atmo-protocol=true`;
        const { headers } = await ask({ method, target: `/echo?${rest}&${name}=${evil}`, body: '' });
        expect([...headers.keys()]).not.toContain('set-cookie');
        expect([...headers.values()].join('\n')).not.toMatch(/evil|<script/);
      }
  });

  it.each(['Cookie', 'User-Agent', 'Referer', 'Accept', 'Last-Event-ID', 'Sec-WebSocket-Protocol', 'Host'])(
    'is not said again in a header, as header %s',
    async (name) => {
      const { text } = await ask({ target: '/echo?X-Atmosphere-Transport=polling', headers: { [name]: `"${markup}` } });
      expect(text).not.toContain('onerror');
    },
  );

  it('does not split a header that a handler makes of it; that is told as a mistake of the handler', async () => {
    expect((await ask({ target: '/careless?header&name=fine' })).headers.get('x-name')).toBe('fine');
    for (const query of [`header&name=${evil}`, `header&field&name=${evil}`, 'header&name=%00', 'header&field&name=']) {
      const { status, headers, text } = await ask({ target: `/careless?${query}` });
      expect([status, headers.has('set-cookie'), text.includes('evil')]).toEqual([500, false, false]);
    }
    expect(lines.join('')).toMatch(/ERR_INVALID_(CHAR|HTTP_TOKEN)/);
  });

  it('is a sub-protocol when it is a token, and else none', async () => {
    const answerTo = async (offer: string): Promise<string | undefined> => {
      const socket = await FrameSocket.open(server.port, '/echo', { headers: `Sec-WebSocket-Protocol: ${offer}\r\n` });
      socket.destroy();
      return /sec-websocket-protocol: (.*)/i.exec(socket.head)?.[1];
    };
    expect(await answerTo('chat, other')).toBe('chat');
    expect(await answerTo('<b>, chat')).toBeUndefined();
    expect(await answerTo('a b')).toBeUndefined();
  });
});

describe('Markup of a client', () => {
  it.each([
    { target: `/${encodeURIComponent(markup)}` },
    { target: `/echo?X-Atmosphere-Transport=${encodeURIComponent(markup)}` },
    { target: `/echo?X-Atmosphere-Transport=jsonp&jsonpTransport=${encodeURIComponent(markup)}` },
    { target: '/chat', method: 'POST', body: `{"author":"${markup}","message":5,"${markup}":1}` },
    { target: '/chat', method: 'POST', body: markup },
    { target: '/echo', method: 'POST', body: markup },
    { target: '/careless', method: 'POST', body: markup },
    { target: `/careless?name=${encodeURIComponent(markup)}` },
    { target: `/careless?refuse&name=${encodeURIComponent(markup)}` },
    { target: `/careless?throw&name=${encodeURIComponent(markup)}` },
    { target: `/echo?X-Atmosphere-Post-Body=${encodeURIComponent(markup)}` },
  ])('is never served as a page: $method $target', async (request) => {
    const { headers } = await ask(request);
    expect(headers.get('content-type')).toMatch(/^(text\/plain|application\/json); charset=utf-8$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('is text in a script', async () => {
    const message = `</script><script>alert(1)</script>\u2028\u2029<!--"});alert(1);({"`;
    const query = `X-Atmosphere-Transport=jsonp&jsonpTransport=told&X-Atmosphere-Post-Body=${encodeURIComponent(message)}`;
    const { body, headers } = await ask({ target: `/echo?${query}` });
    expect(headers.get('content-type')).toBe('application/javascript; charset=utf-8');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(body).not.toMatch(/[<\u2028\u2029]/);
    const told: unknown[] = [];
    runInNewContext(body, { told: (value: unknown) => told.push(value), alert: () => told.push('alert') });
    expect(told).toEqual([{ message }]);
  });

  it.each(['alert(1)//', 'a;b', 'a[0]', 'a\nb', 'a<b', '', '1a', 'a b', `a${'b'.repeat(200)}`, 'é'])(
    'is not called as a function: %j',
    async (name) => {
      const query = `X-Atmosphere-Transport=jsonp&jsonpTransport=${encodeURIComponent(name)}`;
      expect((await ask({ target: `/echo?${query}` })).status).toBe(400);
    },
  );
});

describe('A line of the log', () => {
  const forgery = '2026-01-01T00:00:00.000Z ERROR forged';

  it.each([
    ['a line break', '\r\n'],
    ['a separator', '\u2028'],
    ['a control of C1', '\u0085'],
    ['a terminal sequence', '\u001b[2K\u001b[1A'],
    ['a mark of direction', '\u202e'],
    ['an invisible character', '\u200b'],
  ])('can not be forged with %s, wherever it comes from', async (_what, evil) => {
    const text = `${evil}${forgery}`;
    const encoded = encodeURIComponent(text);
    await ask({ target: `/${encoded}` });
    await ask({ method: 'POST', target: `/room/${encoded}`, body: text });
    await ask({ method: 'POST', target: `/echo?${id}=${encoded}`, body: 'x' });
    await ask({ target: `/echo?X-Atmosphere-Transport=${encoded}` });
    await ask({ target: '/nowhere', headers: { 'User-Agent': evil.replace(/[\r\n]/g, ' ') + forgery } });
    await ask({ method: 'POST', target: '/chat', body: `{"author":${JSON.stringify(text)},"message":${text}` });
    await ask({ method: 'POST', target: '/careless', body: text });
    await ask({ target: `/careless?throw&name=${encoded}` });
    await ask({ target: `/careless?refuse&name=${encoded}` });
    expect(lines.length).toBeGreaterThan(6);
    for (const line of lines) {
      expect(line).toMatch(/^20\d\d-\d\d-\d\dT[\d:.]+Z (DEBUG|INFO |WARN |ERROR) .*\n$/);
      expect(line.startsWith(forgery)).toBe(false);
      // eslint-disable-next-line no-control-regex -- these are what must not be there
      expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/);
    }
  });

  it('is short, however long the text is', async () => {
    await ask({ method: 'POST', target: '/careless', body: 'x'.repeat(900_000) });
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(17_000);
  });
});

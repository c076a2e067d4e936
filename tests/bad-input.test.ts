import { ConsoleLogger } from '@ionosphere/server';
import { Client, transports } from './client.fixture';
import { codeOf, raw, RawSocket, exchange, type RawRequest } from './raw.fixture';
import { TestServer } from './server.fixture';

const limit = 2000;
const id = 'X-Atmosphere-tracking-id';
const lines: string[] = [];

let server: TestServer;
let witnesses: Client[];
let tickets = 0;

beforeAll(async () => {
  server = await TestServer.start({
    limits: { maxMessageBytes: limit },
    logger: new ConsoleLogger('debug', (line) => lines.push(line)),
  });
  witnesses = await Promise.all(
    transports.map((transport) => Client.open(`${server.url}/room/witness`, { transport, track: true })),
  );
});

/** Whatever was sent, the process lives, and the others got nothing of it and miss nothing. */
afterEach(async () => {
  const expected = Array.from({ length: ++tickets }, (_, index) => `ticket ${index + 1}`);
  server.broadcast('/room/witness', `ticket ${tickets}`);
  for (const witness of witnesses) {
    expect(await witness.received(tickets)).toEqual(expected);
    expect(witness.events.entries.map(({ type }) => type)).toEqual(['open']);
  }
});

afterAll(async () => {
  await Client.closeAll();
  await server.stop();
});

const ask = (request: RawRequest) => raw(server.port, request);
const post = (target: string, body: string, headers = {}) => ask({ method: 'POST', target, body, headers });

describe('a bad message', () => {
  const tooLarge = {
    what: 'a message over the limit',
    path: '/echo',
    body: 'x'.repeat(limit + 1),
    code: 'message-too-large',
    status: 413,
  };
  const cases = [
    { what: 'malformed JSON', path: '/chat', body: '{"author":', code: 'malformed-message', status: 400 },
    { what: 'JSON of another shape', path: '/chat', body: '[1]', code: 'invalid-message', status: 400 },
    {
      what: 'a DTO that fails',
      path: '/chat',
      body: '{"author":"","message":"m"}',
      code: 'invalid-message',
      status: 400,
    },
    tooLarge,
    { what: 'a handler that throws', path: '/trouble', body: 'throw', code: 'handler-failed', status: 500 },
    { what: 'a handler that rejects', path: '/trouble', body: 'reject', code: 'handler-failed', status: 500 },
    { what: 'a handler that refuses', path: '/trouble', body: 'refuse', code: 'forbidden', status: 403 },
  ];

  it.each(cases.filter((bad) => bad !== tooLarge))(
    'is answered with one message on WebSocket, and the connection goes on: $what',
    async (bad) => {
      const socket = await RawSocket.open(server.url + bad.path);
      const before = [server.happenings.of('error').length, server.hooked.length] as const;
      expect(codeOf(await socket.ask(bad.body))).toBe(bad.code);
      expect(
        server.happenings
          .of('error')
          .slice(before[0])
          .map(({ flags }) => flags),
      ).toEqual([[bad.code]]);
      expect(server.hooked.entries.slice(before[1]).map(({ code }) => code)).toEqual([bad.code]);
      const good = bad.path === '/chat' ? '{"author":"a","message":"m"}' : 'fine';
      expect(await socket.ask(good)).toBe(good);
      expect(socket.messages.length).toBe(2);
      socket.close();
    },
  );

  it.each(cases)('is answered with a status on POST: $what', async (bad) => {
    const before = [server.happenings.of('error').length, server.hooked.length] as const;
    const answer = await post(`${bad.path}?${id}=0`, bad.body);
    expect(answer.status).toBe(bad.status);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('x-atmosphere-error')).toBeTruthy();
    expect(codeOf(answer.body)).toBe(bad.code);
    expect(
      server.happenings
        .of('error')
        .slice(before[0])
        .map(({ flags }) => flags),
    ).toEqual([[bad.code]]);
    expect(server.hooked.entries.slice(before[1]).map(({ code }) => code)).toEqual([bad.code]);
  });

  it('names each wrong property, and says nothing of the inside of the server', async () => {
    const { body } = await post('/chat', '{"author":"","message":5,"more":1}');
    const { error } = JSON.parse(body) as { error: { details: { property: string }[] } };
    expect(new Set(error.details.map(({ property }) => property))).toEqual(new Set(['author', 'message', 'more']));
    for (const order of ['throw', 'reject']) expect((await post('/trouble', order)).text).not.toContain('secret');
    expect(lines.filter((line) => line.includes('secret of the handler')).length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.includes('secret of the promise')).length).toBeGreaterThan(0);
  });

  it('reaches an atmosphere.js client as one message, framed like any other', async () => {
    const client = await Client.open(`${server.url}/trouble`, { transport: 'websocket', track: true });
    client.push('reject');
    client.push('a|b');
    const [failure, echo] = await client.received(2);
    expect([codeOf(failure), echo]).toEqual(['handler-failed', 'a|b']);
  });

  it('over the limit is answered with one message on WebSocket, and then ends the connection with 1009', async () => {
    const socket = await RawSocket.open(server.url + tooLarge.path);
    socket.send(tooLarge.body);
    await socket.ended.until((codes) => codes.length === 1, 'the end');
    expect(socket.messages.entries.map(codeOf)).toEqual([tooLarge.code]);
    expect(socket.ended.entries).toEqual([1009]);
  });

  it('over the limit costs an atmosphere.js client its connection, and nothing else', async () => {
    const options = { transport: 'websocket', track: true, reconnect: true, reconnectInterval: 10 } as const;
    const client = await Client.open(`${server.url}/room/loud`, options);
    client.push('x'.repeat(limit + 1));
    expect(codeOf((await client.received(1))[0])).toBe(tooLarge.code);
    await client.events.until(() => client.count('reopen') === 1, 'the client is back');
    server.broadcast('/room/loud', 'welcome back');
    expect((await client.received(2))[1]).toBe('welcome back');
  });

  it('ends a WebSocket that sends far more than the limit, and that one alone', async () => {
    const socket = await RawSocket.open(`${server.url}/echo`);
    socket.send('x'.repeat(limit * 10));
    await socket.ended.until((codes) => codes.length === 1, 'the end');
  });

  it('over the limit leaves the HTTP connection in order for the next request', async () => {
    const host = `Host: 127.0.0.1:${server.port}\r\n`;
    const body = 'x'.repeat(limit * 50);
    const text = await exchange(
      server.port,
      `POST /echo HTTP/1.1\r\n${host}Content-Length: ${body.length}\r\n\r\n${body}` +
        `GET /health HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
    );
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('cannot change the prototype of anything', async () => {
    const bodies = ['{"author":"a","message":"m","__proto__":{"polluted":1}}'].concat(
      '{"author":"a","message":"m","constructor":{"prototype":{"polluted":1}}}',
    );
    for (const body of bodies) expect((await post('/chat', body)).status).toBe(400);
    expect(await post('/echo?__proto__=1&constructor=2&__proto__[polluted]=1', 'x')).toMatchObject({ status: 200 });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a bad request', () => {
  const open = 'X-Atmosphere-Transport=sse';

  const requests: { what: string; request: RawRequest; status: number; code: string }[] = [
    { what: 'an unknown path', request: { target: `/nowhere?${open}` }, status: 404, code: 'not-found' },
    {
      what: 'a message to an unknown path',
      request: { method: 'POST', target: '/nowhere', body: 'x' },
      status: 404,
      code: 'not-found',
    },
    {
      what: 'an unknown transport',
      request: { target: '/echo?X-Atmosphere-Transport=pigeon' },
      status: 400,
      code: 'unknown-transport',
    },
    {
      what: 'a name of every object',
      request: { target: '/echo?X-Atmosphere-Transport=constructor' },
      status: 400,
      code: 'unknown-transport',
    },
    {
      what: 'websocket without an upgrade',
      request: { target: '/echo?X-Atmosphere-Transport=websocket' },
      status: 426,
      code: 'upgrade-required',
    },
    { what: 'PUT', request: { method: 'PUT', target: '/echo', body: 'x' }, status: 405, code: 'method-not-allowed' },
    { what: 'DELETE', request: { method: 'DELETE', target: '/echo' }, status: 405, code: 'method-not-allowed' },
    {
      what: 'PATCH',
      request: { method: 'PATCH', target: `/echo?${open}`, body: 'x' },
      status: 405,
      code: 'method-not-allowed',
    },
    {
      what: 'a message of an unknown id',
      request: { method: 'POST', target: `/echo?${id}=m2`, body: 'x' },
      status: 404,
      code: 'unknown-resource',
    },
    {
      what: 'a broken encoding in the path',
      request: { target: `/room/%zz?${open}` },
      status: 400,
      code: 'bad-request',
    },
    {
      what: 'bytes in the path that are no UTF-8',
      request: { target: `/room/%ff?${open}` },
      status: 400,
      code: 'bad-request',
    },
    {
      what: 'a broken encoding in the query',
      request: { target: `/echo?${open}&a=%` },
      status: 400,
      code: 'bad-request',
    },
    {
      what: 'a foreign origin',
      request: { target: `/echo?${open}`, headers: { Origin: 'https://evil.example' } },
      status: 403,
      code: 'origin-refused',
    },
    {
      what: 'the origin null',
      request: { target: `/echo?${open}`, headers: { Origin: 'null' } },
      status: 403,
      code: 'origin-refused',
    },
    {
      what: 'an origin that is none',
      request: { target: `/echo?${open}`, headers: { Origin: '127.0.0.1' } },
      status: 403,
      code: 'origin-refused',
    },
    {
      what: 'a message of a foreign origin',
      request: { method: 'POST', target: '/fan', body: 'x', headers: { Origin: 'https://evil.example' } },
      status: 403,
      code: 'origin-refused',
    },
    {
      what: 'a preflight of a foreign origin',
      request: {
        method: 'OPTIONS',
        target: '/fan',
        headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
      },
      status: 403,
      code: 'origin-refused',
    },
  ];

  it.each(requests)('is answered with $status: $what', async ({ request, status, code }) => {
    const answer = await ask(request);
    expect(answer.status).toBe(status);
    expect(codeOf(answer.body)).toBe(code);
    expect(answer.headers.get('x-atmosphere-error')).toBeTruthy();
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(answer.headers.get('access-control-allow-origin')).toBeUndefined();
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'OPTIONS, GET, POST' : undefined);
  });

  const upgrades: { what: string; target: string; headers: Record<string, string>; status: string }[] = [
    { what: 'an unknown path', target: '/nowhere', headers: {}, status: '404' },
    { what: 'a broken encoding', target: '/room/%zz', headers: {}, status: '400' },
    { what: 'a foreign origin', target: '/echo', headers: { origin: 'https://evil.example' }, status: '403' },
    { what: 'the origin null', target: '/echo', headers: { origin: 'null' }, status: '403' },
    {
      what: 'the host in another place',
      target: '/echo',
      headers: { origin: 'https://127.0.0.1.evil.example' },
      status: '403',
    },
  ];

  it.each(upgrades)(
    'is answered with $status before the upgrade of a WebSocket: $what',
    async ({ target, headers, status }) => {
      await expect(RawSocket.open(server.url + target, { headers })).rejects.toThrow(status);
    },
  );

  it('for the head alone gets no body, so that the next answer on the connection is read rightly', async () => {
    const host = `Host: 127.0.0.1:${server.port}\r\n`;
    const heads = ['/health', '/echo', '/nowhere'].map((target) => `HEAD ${target} HTTP/1.1\r\n${host}\r\n`).join('');
    const text = await exchange(server.port, `${heads}GET /health HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['200', '405', '404', '200'].map((status) => `HTTP/1.1 ${status}`));
    expect(text.match(/\{.*/g)).toEqual([expect.stringContaining('"status":"up"')]);
  });

  it.each(transports)('with an id that is not ours gets one that is: %s', async (transport) => {
    for (const foreign of ['m2', '../../etc/passwd', '00000000-0000-4000-8000-000000000000', 'x'.repeat(100)]) {
      const query = `${id}=${encodeURIComponent(foreign)}&X-Atmosphere-Framework=5.0.7&X-Atmosphere-Transport=${transport}&X-atmo-protocol=true`;
      const uuid = await idGiven(`/room/foreign?${query}`, transport);
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(uuid).not.toBe(foreign);
    }
  });

  async function idGiven(target: string, transport: string): Promise<string | undefined> {
    if (transport === 'websocket') {
      const socket = await RawSocket.open(server.url + target);
      await socket.messages.until((messages) => messages.length > 0, 'the handshake');
      socket.close();
      return socket.messages.entries[0]?.split('|')[0];
    }
    const aborter = new AbortController();
    const response = await fetch(server.url + target, { signal: aborter.signal });
    expect(response.headers.get('X-Atmosphere-first-request')).toBe('true');
    const first = await response.body?.getReader().read();
    const greeted = /([^\n:|]*)\|0\|X\|/.exec(Buffer.from(first?.value ?? []).toString())?.[1];
    aborter.abort();
    expect(greeted ?? response.headers.get(id)).toBe(response.headers.get(id));
    return response.headers.get(id) ?? undefined;
  }
});

describe('line ends that a client smuggles in', () => {
  it('never become headers', async () => {
    const evil = '%0d%0aSet-Cookie:%20evil=1%0d%0a%0d%0a';
    const targets = [
      `/room/${evil}`,
      `/${evil}`,
      `/echo?${id}=${evil}`,
      `/echo?X-Atmosphere-Transport=${evil}`,
      `/echo?${evil}=1`,
    ];
    for (const target of targets)
      for (const method of ['GET', 'POST', 'PUT', 'OPTIONS'])
        expect((await ask({ method, target, body: 'x' })).headers.has('set-cookie')).toBe(false);
  });

  it('never begin a line of the log', async () => {
    const forged = '2026-01-01T00:00:00.000Z ERROR forged';
    await ask({ target: `/${encodeURIComponent(`x\r\n${forged}`)}` });
    await post('/chat', `{"author":\r\n${forged}`);
    await post(`/room/${encodeURIComponent(`a\n${forged}`)}?${id}=${encodeURIComponent(`\n${forged}`)}`, 'x');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (DEBUG|INFO |WARN |ERROR) [^\n]*\n$/);
    expect(lines.filter((line) => line.startsWith(forged))).toEqual([]);
  });
});

describe('pages from elsewhere', () => {
  const origin = 'https://app.example.org';
  let open: TestServer;

  beforeAll(async () => {
    open = await TestServer.start({ allowedOrigins: [origin] });
  });
  afterAll(() => open.stop());

  it('may connect, post and read the answer when their origin is allowed, and only then', async () => {
    const socket = await RawSocket.open(`${open.url}/echo`, { headers: { origin } });
    expect(await socket.ask('hello')).toBe('hello');
    socket.close();
    const answer = await raw(open.port, { method: 'POST', target: '/echo', body: 'x', headers: { Origin: origin } });
    expect([answer.status, answer.body]).toEqual([200, 'x']);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('vary')).toContain('Origin');
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Atmosphere-tracking-id');
    await expect(RawSocket.open(`${open.url}/echo`, { headers: { origin: `${origin}.evil` } })).rejects.toThrow('403');
  });

  it('get a preflight that allows what atmosphere.js sends', async () => {
    const headers = { Origin: origin, 'Access-Control-Request-Method': 'POST' };
    const answer = await raw(open.port, { method: 'OPTIONS', target: '/echo', headers });
    expect([answer.status, answer.body]).toEqual([200, '']);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-methods')).toBe('OPTIONS, GET, POST');
    const allowed = answer.headers.get('access-control-allow-headers')?.split(', ') ?? [];
    expect(allowed).toEqual(expect.arrayContaining(['Content-Type', 'X-Atmosphere-Transport', 'X-atmo-protocol', id]));
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThanOrEqual(600);
  });

  it('are not needed by the pages of the server itself', async () => {
    const headers = { Origin: server.url };
    expect(await raw(server.port, { method: 'POST', target: '/echo', body: 'x', headers })).toMatchObject({
      status: 200,
    });
  });
});

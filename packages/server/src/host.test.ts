import { Failure, ManagedService, Message, silentLogger, type Interceptor } from '@ionosphere/core';
import { WebSocket } from 'ws';
import { RawHttp, requestOnce, type RawResponse } from './raw-http.fixture';
import { serve, type Server } from './serve';

@ManagedService('/chat/{room}')
class Chat {
  @Message() onMessage(text: string): string {
    return text;
  }
}

/** Lets clients in, late or not at all, as their query says. */
const door: Interceptor = {
  async connect(request, next) {
    await new Promise((resolve) => setImmediate(resolve));
    if (request.query.get('ticket') === 'no') throw new Failure('unauthorized', 'No ticket.');
    if (request.query.get('ticket') === 'broken') throw new Error('database is down');
    return next(request);
  },
};
const uuid = '9f9693cd-56d2-4ac4-8cb1-d31f13f73281';
const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

describe('The host', () => {
  let server: Server;
  const request = (line: string, headers: Record<string, string> = {}, body = ''): Promise<RawResponse> =>
    requestOnce(server.port, line, headers, body);
  const code = ({ body }: RawResponse): string => (JSON.parse(body) as { error: { code: string } }).error.code;

  beforeAll(async () => {
    server = await serve({
      port: 0,
      host: '127.0.0.1',
      services: [Chat],
      interceptors: [door],
      logger: silentLogger,
      signals: [],
      allowedOrigins: ['https://app.example.org'],
    });
  });
  afterAll(() => server.stop());

  it.each([
    ['GET /', 404, 'not-found'],
    ['GET /chat', 404, 'not-found'],
    ['POST /nothing', 404, 'not-found'],
    ['OPTIONS /nothing', 404, 'not-found'],
    ['GET /chat/%zz', 400, 'bad-request'],
    ['GET /chat/a?x=%', 400, 'bad-request'],
    ['GET /chat/a?X-Atmosphere-Transport=jsonp', 400, 'bad-request'],
    ['GET /chat/a?X-Atmosphere-Transport=__proto__', 400, 'unknown-transport'],
    ['GET /chat/a?X-Atmosphere-Transport=', 400, 'unknown-transport'],
    ['GET /chat/a?X-Atmosphere-Transport=websocket', 426, 'upgrade-required'],
    ['PUT /chat/a', 405, 'method-not-allowed'],
    // RFC 9110, 9.1: methods are case-sensitive.
    ['get /chat/a?X-Atmosphere-Transport=long-polling', 405, 'method-not-allowed'],
    ['post /chat/a', 405, 'method-not-allowed'],
    ['options /chat/a', 405, 'method-not-allowed'],
    ['get /health', 404, 'not-found'],
    ['DELETE /chat/a?X-Atmosphere-Transport=close', 405, 'method-not-allowed'],
    [`POST /chat/a?X-Atmosphere-tracking-id=${uuid}`, 404, 'unknown-resource'],
    ['GET /chat/a?X-Atmosphere-Transport=sse&ticket=no', 401, 'unauthorized'],
    ['GET /chat/a?X-Atmosphere-Transport=long-polling&ticket=broken', 500, 'handler-failed'],
    [
      'GET /chat/a?X-Atmosphere-Transport=sse&X-atmo-protocol=true&X-Atmosphere-Framework=1.0',
      501,
      'unsupported-version',
    ],
  ])('answers %s with %i, %s', async (line, status, name) => {
    const response = await request(line, {}, line.startsWith('POST') ? 'x' : '');
    expect([response.status, code(response)]).toEqual([status, name]);
    expect(response.headers.get('x-atmosphere-error')).toHaveLength(1);
    expect(response.headers.get('cache-control')).toEqual(['no-store']);
    expect(response.body).not.toContain('database');
  });

  it('names the methods that are allowed', async () => {
    expect((await request('PUT /chat/a')).headers.get('allow')).toEqual(['OPTIONS, GET, POST']);
  });

  it.each([
    ['GET /chat/a', {}],
    [`GET /chat/a?X-Atmosphere-Transport=close&X-Atmosphere-tracking-id=${uuid}`, {}],
    ['POST /chat/a?X-Atmosphere-Transport=close', {}],
    ['OPTIONS /chat/a', {}],
  ])('answers %s with an empty 200', async (line, headers) => {
    expect(await request(line, headers)).toMatchObject({ status: 200, body: '' });
  });

  it('serves a GET that accepts events, and names no transport, as an event stream', async () => {
    const http = new RawHttp(server.port);
    http.write('GET /chat/a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
    const begin = await http.until('\n\n');
    expect(begin).toMatch(/Content-Type: text\/event-stream; charset=utf-8\r\n/);
    expect(begin).toMatch(/X-Atmosphere-first-request: true\r\n/);
    expect(begin).toMatch(/X-Atmosphere-tracking-id: [0-9a-f-]{36}\r\n/);
    await http.destroy();
  });

  it('forgets a client that goes away while an interceptor still thinks', async () => {
    const http = new RawHttp(server.port);
    http.write('GET /chat/quick?X-Atmosphere-Transport=sse HTTP/1.1\r\nHost: x\r\n\r\n');
    await http.destroy();
    expect(await request('GET /health')).toMatchObject({ status: 200 });
  });

  describe('asked by a page of another origin', () => {
    const foreign = { Origin: 'https://evil.example' };

    it.each([
      'GET /chat/a?X-Atmosphere-Transport=sse',
      'GET /chat/a',
      'POST /chat/a',
      'OPTIONS /chat/a',
      'GET /chat/a?X-Atmosphere-Transport=close',
    ])('refuses %s, and lets it not read why', async (line) => {
      const response = await request(line, foreign, line.startsWith('POST') ? 'x' : '');
      expect([response.status, code(response)]).toEqual([403, 'origin-refused']);
      expect(response.headers.has('access-control-allow-origin')).toBe(false);
    });

    it('refuses a WebSocket before it is one', async () => {
      const response = await request('GET /chat/a', { ...upgrade, ...foreign });
      expect([response.status, code(response)]).toEqual([403, 'origin-refused']);
    });

    it('lets one that is allowed read the answer, also of a preflight and of a failure', async () => {
      const headers = { Origin: 'https://app.example.org' };
      const [preflight, failed] = [await request('OPTIONS /chat/a', headers), await request('PUT /chat/a', headers)];
      for (const response of [preflight, failed])
        expect(response.headers.get('access-control-allow-origin')).toEqual(['https://app.example.org']);
      expect(preflight.headers.get('access-control-allow-methods')).toEqual(['OPTIONS, GET, POST']);
    });
  });

  describe('asked for a WebSocket', () => {
    it.each([
      ['GET /nothing', 404, 'not-found'],
      ['GET /chat/%zz', 400, 'bad-request'],
      ['GET /chat/a?ticket=no', 401, 'unauthorized'],
      ['GET /chat/a?ticket=broken', 500, 'handler-failed'],
    ])('refuses %s with %i, %s, and does not upgrade', async (line, status, name) => {
      const response = await request(line, upgrade);
      expect([response.status, code(response)]).toEqual([status, name]);
    });

    it('upgrades when an interceptor has let it in, whatever sub-protocols it offers', async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}/chat/a`, ['first', 'second']);
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      expect(socket.protocol).toBe('first');
      const answered = new Promise<string>((resolve) =>
        socket.once('message', (data: Buffer) => resolve(data.toString())),
      );
      socket.send('hi');
      expect(await answered).toBe('hi');
      socket.terminate();
    });
  });
});

import { Failure } from '@ionosphere/core';
import { Exchange } from './exchange';
import { payloadOf } from './request-body';
import { RawHttp, requestOnce } from '../raw-http.fixture';
import { loadNative, type us_listen_socket } from '../uws';

describe('The body of a message', () => {
  const bytes = Buffer.from('hé');

  it.each([
    ['text/plain', 'hé'],
    ['application/json', 'hé'],
    [undefined, 'hé'],
    ['text/plain; note=application/octet-stream', 'hé'],
    ['application/octet-stream', bytes],
    ['Application/Octet-Stream; a=b', bytes],
    ['image/png', bytes],
    ['audio/ogg', bytes],
    ['video/mp4', bytes],
  ])('with the type %j is %j', (type, payload) => {
    expect(payloadOf(bytes, type)).toEqual(payload);
  });

  it('is bytes when it is no UTF-8, whatever its type says, and text when it is empty', () => {
    const broken = Buffer.from([0x68, 0xff]);
    expect(payloadOf(broken, 'text/plain')).toBe(broken);
    expect(payloadOf(Buffer.alloc(0), undefined)).toBe('');
  });
});

describe('An exchange', () => {
  const native = loadNative();
  const app = native.App();
  let port = 0;
  let handler: (exchange: Exchange) => void;

  beforeAll(
    () =>
      new Promise<void>((resolve, reject) => {
        app.any('/*', (res, req) => {
          const exchange = new Exchange(res, req);
          exchange.watch();
          handler(exchange);
        });
        app.listen(0, native.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket: us_listen_socket | false) => {
          if (!socket) return reject(new Error('no port'));
          port = native.us_socket_local_port(socket);
          resolve();
        });
      }),
  );
  afterAll(() => app.close());

  it('is a copy of the request that stays valid when the handler has returned', async () => {
    const kept = new Promise<Exchange>((resolve) => {
      handler = (exchange) => void setImmediate(() => (resolve(exchange), exchange.end(200)));
    });
    await requestOnce(port, 'PATCH /a%20b?x=%41', { 'X-Some-Header': 'Value' });
    const { method, path, headers, remoteAddress, request } = await kept;
    expect({ method, path, query: [...request.query], some: headers.get('x-some-header') }).toEqual({
      method: 'PATCH',
      path: '/a%20b',
      query: [['x', 'A']],
      some: 'Value',
    });
    expect(remoteAddress).toMatch(/127\.0\.0\.1|7f00:0*1$/);
  });

  it('answers with the headers that were set, unless the answer has its own, each header once', async () => {
    handler = (exchange) => {
      exchange.setHeader('Cache-Control', 'no-store');
      exchange.setHeader('Vary', 'Accept');
      exchange.setHeader('vary', 'Origin');
      exchange.setHeader('X-Kind', 'general');
      exchange.end(
        201,
        [
          ['cache-control', 'max-age=5'],
          ['x-kind', 'own'],
        ],
        'hé',
      );
    };
    const { status, headers, body } = await requestOnce(port, 'GET /');
    expect([status, body]).toEqual([201, 'hé']);
    expect(['vary', 'cache-control', 'x-kind'].map((name) => headers.get(name))).toEqual([
      ['Origin'],
      ['max-age=5'],
      ['own'],
    ]);
  });

  it('answers a failure in the one form, and in the header with no text of its own', async () => {
    handler = (exchange) => exchange.fail(new Failure('forbidden', 'Not\r\nyou.'), [['X-More', '1']]);
    const { status, headers, body } = await requestOnce(port, 'GET /');
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({ error: { code: 'forbidden', message: 'Not\r\nyou.', retry: false } });
    expect(headers.get('x-atmosphere-error')).toEqual(['This is not allowed.']);
    expect([headers.get('content-type'), headers.get('x-more')]).toEqual([['application/json; charset=utf-8'], ['1']]);
  });

  it('ends once: what comes after is ignored', async () => {
    handler = (exchange) => {
      exchange.end(200, [], 'first');
      exchange.end(500, [], 'second');
      exchange.fail(new Failure('forbidden'));
      exchange.start([]);
      exchange.write(['third']);
      exchange.finish();
    };
    const http = new RawHttp(port);
    expect([await http.request('GET /'), await http.request('GET /')]).toMatchObject([
      { body: 'first' },
      { body: 'first' },
    ]);
    await http.destroy();
  });

  it('answers HEAD without a body, so that the next answer is read right', async () => {
    handler = (exchange) => exchange.end(200, [], 'body');
    const http = new RawHttp(port);
    expect([await http.request('HEAD /'), await http.request('GET /')]).toMatchObject([
      { body: '' },
      { status: 200, body: 'body' },
    ]);
    await http.destroy();
  });

  it('goes on with an answer as long as it is open, and says when the peer has gone, once', async () => {
    let exchange: Exchange | undefined;
    const gone = jest.fn();
    const left = new Promise<void>((resolve) => {
      handler = (begun) => {
        exchange = begun;
        begun.onGone({ gone: () => (gone(), resolve()) });
        begun.start([['Content-Type', 'text/plain']]);
        begun.write(['a', Buffer.from('b')]);
      };
    });
    const http = new RawHttp(port);
    http.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const begin = await http.until('1\r\nb');
    expect(begin).toContain('Transfer-Encoding: chunked');
    expect(exchange?.open).toBe(true);
    await http.destroy();
    await left;
    expect([exchange?.open, exchange?.write(['late'])]).toEqual([false, true]);
    exchange?.end(200);
    exchange?.onWritable(() => undefined);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  describe('with a body', () => {
    const bodies: (string | undefined)[] = [];
    let begun: () => void = () => undefined;

    beforeEach(() => {
      bodies.splice(0);
      handler = (exchange) => {
        exchange.readBody(10);
        exchange.body((body) => {
          bodies.push(body?.toString());
          exchange.end(body ? 200 : 413, [], body?.toString() ?? '');
        });
        begun();
      };
    });

    it('reads it whole, whatever pieces it comes in, and keeps none of the memory that is used again', async () => {
      const http = new RawHttp(port);
      const first = new Promise<void>((resolve) => (begun = resolve));
      http.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
      await first;
      http.write('defghij');
      expect(await http.response()).toMatchObject({ status: 200, body: 'abcdefghij' });
      await http.destroy();
    });

    it('reads a chunked one, and an empty one', async () => {
      const http = new RawHttp(port);
      http.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
      expect(await http.response()).toMatchObject({ status: 200, body: 'abcde' });
      await http.destroy();
    });

    it('takes as much as the limit and refuses one byte more, told once', async () => {
      expect(await requestOnce(port, 'POST /', {}, '0123456789')).toMatchObject({ status: 200 });
      expect(await requestOnce(port, 'POST /', {}, '0123456789A')).toMatchObject({ status: 413 });
      const http = new RawHttp(port);
      http.write(
        `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${'6\r\nabcdef\r\n'.repeat(4)}0\r\n\r\n`,
      );
      expect(await http.response()).toMatchObject({ status: 413 });
      await http.destroy();
      expect(bodies).toEqual(['0123456789', undefined, undefined]);
    });
  });
});

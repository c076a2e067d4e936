import { Failure } from '../errors';
import { Request, transportNamed } from './request';

const get = (path: string, query = '', headers: Record<string, string> = {}): Request =>
  new Request({ method: 'GET', path, query, headers: new Map(Object.entries(headers)) });

describe('The path of a request', () => {
  it.each([
    ['/chat/blue', '/chat/blue'],
    ['/chat/Z%C3%BCrich', '/chat/Zürich'],
    ['/chat/a%2Fb', '/chat/a%2Fb'],
    ['/chat/a%2fb', '/chat/a%2Fb'],
    ['/chat/a%252Fb', '/chat/a%252Fb'],
    ['/chat/a%252fb', '/chat/a%252fb'],
    ['/chat/a%25252Fb', '/chat/a%25252Fb'],
    ['/chat/a%20b+c', '/chat/a b+c'],
    ['/chat/100%2525', '/chat/100%25'],
    ['/chat/', '/chat'],
    ['/', '/'],
    ['/a//b', '/a//b'],
  ])('%s is read as %j: decoded once, but for an encoded slash and what would look like one', (sent, read) => {
    expect(get(sent).path).toBe(read);
  });

  it.each(['/%', '/%zz', '/%C3', '/a/%E0%A4%A', '/%ff', '/a/b%00', '/a/\ufffd'])(
    '%s is refused as a bad request',
    (sent) => {
      expect(() => get(sent)).toThrow(expect.objectContaining({ code: 'bad-request' }));
    },
  );
});

describe("The application's query", () => {
  it('is percent-decoded once, and a plus sign stays one', () => {
    const { query } = get('/', 'a=%2541&b=1+1&c=x%26y%3Dz&d&e=&f=a=b');
    expect(Object.fromEntries(query)).toEqual({ a: '%41', b: '1+1', c: 'x&y=z', d: '', e: '', f: 'a=b' });
  });

  it("has none of the protocol's parameters, whatever their case", () => {
    const { query } = get(
      '/',
      'X-Atmosphere-tracking-id=0&x-atmosphere-FRAMEWORK=5.0.7&X-Atmosphere-Transport=sse&X-Heartbeat-Server=30' +
        '&Content-Type=text/plain&X-atmo-protocol=true&X-Atmosphere-Auth=secret&X-Cache-Date=1&_=1795212585044&room=blue' +
        '&X-Atmosphere-Post-Body=hi&X-atmo-other=1',
    );
    expect([...query.keys()]).toEqual(['X-Cache-Date', 'room']);
  });

  it('keeps the last value of a repeated name, and survives empty pairs and names of prototypes', () => {
    const { query } = get('/', '&&a=1&a=2&__proto__=x&constructor=y&');
    expect([...query]).toEqual([
      ['a', '2'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it.each(['a=%', '%zz=1', 'X-Atmosphere-tracking-id=%C3'])('%s is refused as a bad request', (query) => {
    let failure: unknown;
    try {
      get('/', query);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code: 'bad-request', cause: expect.any(URIError) });
  });
});

describe('What the protocol says in a request', () => {
  it('is read from the query, decoded, in any case of the names', () => {
    const { wire } = get(
      '/',
      'x-atmosphere-tracking-id=abc&X-ATMOSPHERE-FRAMEWORK=5.0.7&X-Atmosphere-Transport=Long_Polling' +
        '&X-Atmosphere-TrackMessageSize=true&X-atmo-protocol=true&X-Heartbeat-Server=30&Content-Type=application%2Fjson',
    );
    expect(wire).toEqual({
      positions: false,
      envelopes: false,
      trackingId: 'abc',
      framework: [5, 0, 7],
      transport: 'long-polling',
      trackMessageSize: true,
      protocol: true,
      heartbeatSeconds: 30,
      contentType: 'application/json',
    });
  });

  it('may come as headers instead; the query wins', () => {
    const headers = {
      'x-atmosphere-tracking-id': 'from-header',
      'x-atmosphere-transport': 'sse',
      'content-type': 'a/b',
    };
    const { wire } = get('/', 'Content-Type=application/vnd.x+json', headers);
    expect(wire).toMatchObject({
      trackingId: 'from-header',
      transport: 'sse',
      contentType: 'application/vnd.x+json',
      protocol: false,
    });
  });

  it.each(['', '0', undefined])('names no client when the tracking id is %j', (id) => {
    expect(get('/', id === undefined ? '' : `X-Atmosphere-tracking-id=${id}`).wire.trackingId).toBeUndefined();
  });

  it.each([
    ['30', 30],
    ['0', 0],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e9', undefined],
    ['9999999999', undefined],
    ['', undefined],
  ])('wishes, with a heartbeat of %j, %j seconds', (sent, seconds) => {
    expect(get('/', `X-Heartbeat-Server=${sent}`).wire.heartbeatSeconds).toBe(seconds);
  });

  it('asks for lengths with exactly "true"', () => {
    expect(get('/', 'X-Atmosphere-TrackMessageSize=false').wire.trackMessageSize).toBe(false);
    expect(get('/', 'X-Atmosphere-TrackMessageSize').wire.trackMessageSize).toBe(false);
  });
});

describe('A request', () => {
  it('has its method as it was sent, and finds headers in any case', () => {
    const request = get('/', '', { 'x-user': 'ada' });
    expect([request.method, new Request({ method: 'get', path: '/' }).method]).toEqual(['GET', 'get']);
    expect([request.header('X-User'), request.header('x-none')]).toEqual(['ada', undefined]);
  });

  it('is complete without query, headers and address', () => {
    const request = new Request({ method: 'POST', path: '/' });
    expect(request).toMatchObject({ remoteAddress: '', wire: { transport: undefined, protocol: false } });
    expect([request.query.size, request.headers.size]).toEqual([0, 0]);
  });
});

describe('The name of a transport', () => {
  it.each(['websocket', 'sse', 'streaming', 'long-polling', 'polling', 'jsonp'])('%s is known', (name) => {
    expect(transportNamed(name)).toBe(name);
  });

  it.each(['', 'grpc', 'memory', 'close', 'toString', '__proto__', 'constructor'])('%j is not', (name) => {
    expect(transportNamed(name)).toBeUndefined();
  });
});

describe('The cookies of a request', () => {
  const cookies = (cookie?: string) => ({ ...get('/', '', cookie === undefined ? {} : { cookie }).cookies });

  it('are read by name, decoded; of a repeated name the first counts', () => {
    expect(cookies('session=a%20b; theme="dark"; session=other; broken=%zz')).toEqual({
      session: 'a b',
      theme: expect.stringContaining('dark'),
      broken: '%zz',
    });
  });

  it('are none without a header, and are parsed once', () => {
    expect(cookies()).toEqual({});
    const request = get('/', '', { cookie: 'a=b' });
    expect(request.cookies).toBe(request.cookies);
    expect(request.cookies['toString']).toBeUndefined();
  });
});

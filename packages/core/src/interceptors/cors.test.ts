import { ManagedService, Put } from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene } from '../port.fixture';
import { CorsInterceptor } from './cors';
import { FakeExchange, type Asked } from './exchange.fixture';

/** What becomes of a request: the headers that its answer gets, or the code of the refusal. */
function outcome(
  origins: readonly string[],
  origin: string | undefined,
  host: string | undefined,
): string | Record<string, string> {
  const headers = Object.entries({ origin, host }).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const exchange = new FakeExchange({ headers: Object.fromEntries(headers) });
  try {
    void new CorsInterceptor(origins).request(exchange, () => undefined);
  } catch (failure) {
    return (failure as Failure).code;
  }
  return Object.fromEntries(exchange.headers);
}

const passes = (origins: readonly string[], origin: string | undefined, host: string | undefined): boolean =>
  outcome(origins, origin, host) !== 'origin-refused';

describe('A request without an origin', () => {
  it('passes, and its answer gets no headers', () => {
    expect(outcome([], undefined, 'example.org')).toEqual({});
    expect(outcome([], undefined, undefined)).toEqual({});
  });
});

describe('A page of the same host', () => {
  it.each([
    ['http://example.org', 'example.org'],
    ['https://example.org', 'example.org'],
    ['http://example.org', 'example.org:80'],
    ['https://example.org', 'example.org:443'],
    ['http://example.org:8080', 'example.org:8080'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['http://[::1]:8080', '[::1]:8080'],
    ['http://[::1]', '[::1]:80'],
    ['http://EXAMPLE.org', 'Example.ORG'],
  ])('at %s passes on host %s', (origin, host) => {
    expect(passes([], origin, host)).toBe(true);
  });

  it('may read the answer, with its cookies', () => {
    expect(outcome([], 'http://example.org', 'example.org')).toEqual({
      'Access-Control-Allow-Origin': 'http://example.org',
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers':
        'X-Atmosphere-tracking-id, X-Heartbeat-Server, X-Atmosphere-Session-Token, X-Atmosphere-Auth-Refresh, X-Atmosphere-Auth-Expired, X-Atmosphere-error',
      Vary: 'Origin',
    });
  });
});

describe('A page that `*` alone lets in', () => {
  it('may read the answer, but not in the name of the user', () => {
    const headers = outcome(['*'], 'http://other.example', 'example.org');
    expect(headers).toMatchObject({ 'Access-Control-Allow-Origin': 'http://other.example' });
    expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials');
  });
});

describe('A page of another host', () => {
  it.each([
    ['http://evil.example', 'example.org'],
    ['http://example.org:8080', 'example.org'],
    ['http://example.org', 'example.org:8080'],
    ['https://example.org', 'example.org:80'],
    ['http://example.org.evil.example', 'example.org'],
    ['http://sub.example.org', 'example.org'],
    ['null', 'example.org'],
    ['', 'example.org'],
    ['example.org', 'example.org'],
    ['http://', 'example.org'],
    ['http://example.org/path', 'example.org'],
    ['http://user@example.org', 'example.org'],
    ['//example.org', 'example.org'],
    ['http://example.org http://evil.example', 'example.org'],
    ['file://', 'example.org'],
    ['javascript:alert(1)', 'example.org'],
    ['http://example.org', undefined],
    ['http://example.org', ''],
    ['http://example.org', 'exa mple.org'],
    ['http://[::1]:8080', '[::2]:8080'],
  ])('at %j is refused on host %j', (origin, host) => {
    expect(outcome([], origin, host)).toBe('origin-refused');
  });
});

describe('The origins that are allowed', () => {
  const allowed = ['https://app.example.org', 'HTTP://Localhost:3000', 'capacitor://localhost'];

  it.each(['https://app.example.org', 'http://localhost:3000', 'capacitor://localhost'])('let %s pass', (origin) => {
    expect(outcome(allowed, origin, 'api.example.org')).toMatchObject({ 'Access-Control-Allow-Origin': origin });
  });

  it.each(['http://app.example.org', 'https://app.example.org:8443', 'http://localhost', 'capacitor://other', 'null'])(
    'do not let %s pass',
    (origin) => {
      expect(passes(allowed, origin, 'api.example.org')).toBe(false);
    },
  );

  it('are all with "*": the origin itself is told, never the star; null and nonsense are no origins', () => {
    expect(outcome(['*'], 'http://anywhere.example', undefined)).toMatchObject({
      'Access-Control-Allow-Origin': 'http://anywhere.example',
    });
    expect(['null', '', 'nonsense'].map((origin) => passes(['*'], origin, 'example.org'))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each([
    'app.example.org',
    'https://app.example.org/',
    'https://app.example.org/path',
    'https://*.example.org',
    'null',
    '',
    '**',
  ])('may not be written as %j, and the error says how', (origin) => {
    expect(() => new CorsInterceptor([origin])).toThrow(
      `allowedOrigins: "${origin}" is no origin; write it as https://app.example.org, without a path, or "*" for all`,
    );
  });
});

describe('A preflight', () => {
  @ManagedService('/room')
  class Room {
    @Put() onPut(): void {}
  }
  const origin = 'https://app.example.org';
  const scene = new Scene([Room], { allowedOrigins: [origin] });
  const preflight = (init: Asked) => scene.app.request(new FakeExchange({ method: 'OPTIONS', ...init }));

  it('is answered with the methods of the service, the headers of the protocol, and for how long', () => {
    const answer = preflight({ headers: { origin } });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'Access-Control-Allow-Methods': 'OPTIONS, GET, POST, PUT' },
    });
    const { headers = {} } = answer as { headers?: Record<string, string> };
    expect(headers['Access-Control-Allow-Headers']?.split(', ')).toEqual(
      expect.arrayContaining(['Content-Type', 'X-Atmosphere-tracking-id', 'X-Atmosphere-Transport', 'X-atmo-protocol']),
    );
    expect(Number(headers['Access-Control-Max-Age'])).toBeGreaterThanOrEqual(600);
  });

  it('of a page that is not allowed is refused', () => {
    expect(() => preflight({ headers: { origin: 'https://evil.example' } })).toThrow(new Failure('origin-refused'));
  });
});

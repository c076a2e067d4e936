import fc from 'fast-check';
import { CorsInterceptor } from '../../packages/core/src/interceptors/cors';
import { configure } from '../../packages/core/src/settings/config';
import { DeclarationError, Failure } from '../../packages/core/src/errors';
import { Request } from '../../packages/core/src/request/request';
import { parseTemplate } from '../../packages/core/src/request/template';
import { checkLength, joined } from '../../packages/server/src/http/headers';
import { deflateOffers, subProtocol } from '../../packages/server/src/http/handshake';
import { callbackOf, scriptOf } from '../../packages/server/src/transports/jsonp';
import { anyText, check, checkBoth, mutated, runs, seed, tellSeed } from './runs.fixture';

const RUNS = 800;
beforeAll(tellSeed);

/** What a function gives, or the failure that it throws; nothing else may be thrown. */
function outcome<T>(fn: () => T): T | Failure {
  try {
    return fn();
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return error as Failure;
  }
}

const wellFormed = anyText.filter((text) => text.isWellFormed());

describe('A request', () => {
  const read = (path: string, query = '', headers: Record<string, string> = {}): Request | Failure => {
    const request = outcome(
      () => new Request({ method: 'GET', path, query, headers: new Map(Object.entries(headers)) }),
    );
    if (request instanceof Failure) expect(request.code).toBe('bad-request');
    return request;
  };

  it('is read from any path', () => {
    checkBoth(['/chat/blue', '/chat/Z%C3%BCrich/', '/a%2Fb/%20', '/'], RUNS, (path) => {
      const request = read(path);
      if (request instanceof Failure) return;
      expect(request.path).not.toMatch(/\0/);
      // An encoded slash makes no segments.
      expect(request.path.split('/').length).toBeLessThanOrEqual(path.split('/').length);
    });
  });

  it('has the segments that were sent', () => {
    const segment = wellFormed.map((text) => text.replace(/[\0\ufffd]/g, '')).filter((text) => text !== '');
    check(fc.array(segment, { minLength: 1, maxLength: 4 }), RUNS, (segments) => {
      const request = read(`/${segments.map(encodeURIComponent).join('/')}`) as Request;
      expect(request.path).toBe(`/${segments.map((one) => one.replaceAll('/', '%2F')).join('/')}`);
    });
  });

  const query =
    'X-Atmosphere-tracking-id=0&X-Atmosphere-Transport=long_polling&X-Atmosphere-Framework=5.0.7&X-atmo-protocol=true' +
    '&X-Heartbeat-Server=30&Content-Type=application/x+json&jsonpTransport=f&a=1&b=%41';

  it('is read from any query, and keeps the parameters of the protocol from the application', () => {
    checkBoth([query, 'a=b', '__proto__=1&constructor=2'], RUNS, (text) => {
      const request = read('/', text);
      if (request instanceof Failure) return;
      for (const name of request.query.keys()) expect(name).not.toMatch(/^x-atmosphere|^x-atmo-/i);
      const { trackingId, heartbeatSeconds = 0, transport = '' } = request.wire;
      expect([trackingId === '' || trackingId === '0', heartbeatSeconds >= 0]).toEqual([false, true]);
      expect(transport).toBe(transport.toLowerCase());
    });
  });

  it('has the parameters that were sent', () => {
    const name = wellFormed.map((text) => `n${text}`);
    check(fc.tuple(name, wellFormed), RUNS, ([key, value]) => {
      const request = read('/', `a=1&${encodeURIComponent(key)}=${encodeURIComponent(value)}&b=2`) as Request;
      expect(request.query.get(key)).toBe(value);
    });
  });

  it('is read from any header, cookies among them', () => {
    checkBoth(['a=1; b="2"', 'session=%7B%22a%22%3A1%7D', '__proto__=1; constructor=2'], RUNS, (text) => {
      const headers = { cookie: text, 'x-atmosphere-tracking-id': text, 'x-atmosphere-framework': text, accept: text };
      const request = read('/', '', headers) as Request;
      expect(Object.values(request.cookies).every((value) => typeof value === 'string')).toBe(true);
      expect((request.cookies as { polluted?: unknown }).polluted).toBeUndefined();
      expect(Object.keys(Object.prototype)).toEqual([]);
    });
  });

  it('has one length, or is refused', () => {
    checkBoth(['5', '5, 5', 'chunked', 'gzip, chunked'], RUNS, (text) => {
      const refused = outcome(() => checkLength(new Map([['content-length', text]]))) instanceof Failure;
      expect(refused).toBe(!/^\d+$/.test(text));
      const twice = outcome(() => checkLength(new Map([['content-length', joined('content-length', '5', text)]])));
      expect(twice).toBeInstanceOf(Failure);
      const coded = outcome(() => checkLength(new Map([['transfer-encoding', text]])));
      expect(coded instanceof Failure).toBe(text.toLowerCase() !== 'chunked');
    });
  });
});

describe('An origin', () => {
  it('passes only when it is the host that was asked, whatever both are', () => {
    const cors = new CorsInterceptor(['https://app.example.org']);
    const origins = ['https://chat.example.org:8080', 'https://app.example.org', 'null', 'http://[::1]:80'];
    checkBoth(origins, RUNS, (text) => {
      const told: string[] = [];
      const headers = new Map([
        ['origin', text],
        ['host', 'chat.example.org:8080'],
      ]);
      const request = new Request({ method: 'GET', path: '/', headers });
      const exchange = { request, setHeader: (name: string, value: string) => void told.push(name, value) };
      const passed = outcome(() => cors.check(exchange as never));
      const own = /^https?:\/\/(chat\.example\.org:8080|app\.example\.org)$/i.test(text);
      if (passed instanceof Failure) return expect([passed.code, told]).toEqual(['origin-refused', []]);
      // Schemes of web views are origins too; what counts is the host.
      expect(own || /^[a-z][a-z0-9+.-]*:\/\/chat\.example\.org:8080$/i.test(text)).toBe(true);
    });
  });
});

describe('The handshake of a WebSocket', () => {
  it('takes of any offers only what a server may accept', () => {
    const offers = [
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; server_max_window_bits="10"',
      'x',
    ];
    checkBoth([...offers, offers.join(', ')], RUNS, (text) => {
      for (const offer of deflateOffers(text).split(','))
        expect(offer.trim()).toMatch(/^$|^permessage-deflate(\s*;\s*[a-z_]+(\s*=\s*"?\d+"?)?)*$/);
      expect(subProtocol(text)).toMatch(/^[!#$%&'*+.^`|~\w-]*$/);
    });
  });
});

describe('JSONP', () => {
  it('calls nothing but what can be a name', () => {
    checkBoth(['atmosphere17', 'a.b.c', '$'], RUNS, (name) => {
      const called = outcome(() => callbackOf({ wire: { jsonpCallback: name } } as Request));
      if (!(called instanceof Failure)) expect(called).toMatch(/^[A-Za-z_$][A-Za-z0-9_$.]*$/);
    });
  });

  it('carries any text as one literal, which ends no script', () => {
    check(anyText, RUNS, (text) => {
      const script = scriptOf('f', [text]);
      expect(script).not.toMatch(/[<\u2028\u2029\r\n]/);
      const literal = /^f\(\{"message" : (.*)\}\);$/.exec(script)?.[1] ?? '';
      expect(JSON.parse(literal)).toBe(text);
    });
  });
});

describe('A path template', () => {
  it('is read from any text, or refused with a reason, and then matches or does not', () => {
    checkBoth(['/chat/{room}', '/doc/{id: [0-9]+}', '/files/*', '/a/{b}/{c}'], RUNS, (text) => {
      try {
        const template = parseTemplate(text, 'Fuzz');
        const found = template.match('/chat/blue');
        if (found) expect([...found.keys()]).toEqual([...template.variables]);
      } catch (error) {
        expect(error).toBeInstanceOf(DeclarationError);
      }
    });
  });

  it('finds the values that a path was made of', () => {
    const template = parseTemplate('/a/{b}/c/{d}', 'Fuzz');
    const value = anyText.map((text) => text.replaceAll('/', '')).filter((text) => text !== '');
    check(fc.tuple(value, value), RUNS, ([b, d]) => {
      expect(Object.fromEntries(template.match(`/a/${b}/c/${d}`) ?? [])).toEqual({ b, d });
    });
  });
});

describe('A setting', () => {
  it('is read from any string, or refused with a reason', () => {
    const strings = [
      'org.atmosphere.interceptor.HeartbeatInterceptor.heartbeatFrequencyInSeconds=30',
      'org.atmosphere.cpr.broadcasterLifeCyclePolicy=IDLE_DESTROY',
      'org.atmosphere.websocket.maxTextMessageSize=8192',
    ];
    // To find what was meant takes its time, which only a server that starts has: so there are fewer.
    for (const texts of [anyText, mutated(...strings)])
      fc.assert(fc.property(texts, isSettled), { seed, numRuns: Math.min(runs(50), 2000) });
    function isSettled(text: string): void {
      try {
        expect(configure({}, [text]).maxMessageBytes).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(DeclarationError);
      }
    }
  });
});

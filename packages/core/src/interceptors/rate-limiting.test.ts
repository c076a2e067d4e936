import type { Resource } from '../resource/resource';
import { ManagedService, Message } from '../declaration/decorators';
import { Failure } from '../errors';
import { Scene, thrownBy, type FakeConnection } from '../port.fixture';
import { asked, FakeExchange } from './exchange.fixture';
import { RateLimitingInterceptor, type RateLimitingOptions } from './rate-limiting';

const handled: string[] = [];

@ManagedService('/room')
class Room {
  @Message() onMessage(text: string): void {
    handled.push(text);
  }
}

const scene = (options: RateLimitingOptions): Scene =>
  new Scene([Room], { interceptors: [new RateLimitingInterceptor(options)] });
const send = ({ resource }: FakeConnection, ...texts: string[]): (string | undefined)[] =>
  texts.map((text) => (resource.receive(text) as Failure | undefined)?.code);
const two = { messages: 2, perSeconds: 10 };

beforeEach(() => void handled.splice(0));

describe('RateLimitingInterceptor', () => {
  it('lets so many messages through, and more as time goes by', () => {
    const limited = scene(two);
    const client = limited.connect('socket');
    expect(send(client, 'a', 'b', 'c')).toEqual([undefined, undefined, 'rate-limited']);
    limited.clock.advance(5_100);
    expect(send(client, 'd', 'e')).toEqual([undefined, 'rate-limited']);
    limited.clock.advance(60_000);
    expect(send(client, 'f', 'g', 'h')).toEqual([undefined, undefined, 'rate-limited']);
    expect(handled).toEqual(['a', 'b', 'd', 'f', 'g']);
  });

  it('counts each resource by itself', () => {
    const limited = scene(two);
    const [one, other] = [limited.connect('socket'), limited.connect('stream')];
    expect(send(one, 'a', 'b', 'c').at(-1)).toBe('rate-limited');
    expect(send(other, 'a', 'b')).toEqual([undefined, undefined]);
  });

  it('drops without a word, or closes the connection, as the policy says', () => {
    const quiet = scene({ ...two, policy: 'drop' }).connect('socket');
    expect(send(quiet, 'a', 'b', 'c')).toEqual([undefined, undefined, undefined]);
    expect(handled).toEqual(['a', 'b']);
    expect(quiet.closedWith).toBeUndefined();
    const strict = scene({ ...two, policy: 'disconnect' }).connect('socket');
    expect(send(strict, 'a', 'b', 'c').at(-1)).toBe('rate-limited');
    expect(strict.closedWith?.failure).toMatchObject({ code: 'rate-limited', row: { close: 4429, status: 429 } });
  });

  it('counts the messages of those without a connection by their address', () => {
    const limited = scene(two);
    const post = (remoteAddress: string) => {
      const resource = limited.app.visitor(asked({ method: 'POST', remoteAddress })) as Resource;
      return (resource.endpoint.arrive(resource, 'x') as Failure | undefined)?.code;
    };
    expect(['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2'].map(post)).toEqual([
      undefined,
      undefined,
      'rate-limited',
      undefined,
    ]);
  });
});

describe('Handshakes', () => {
  const query = (transport: string, id = '0'): string =>
    `X-Atmosphere-Transport=${transport}&X-Atmosphere-tracking-id=${id}`;
  /** What becomes of a request over HTTP that is to connect. */
  const attempt = (limited: Scene, init: ConstructorParameters<typeof FakeExchange>[0]) => {
    const exchange = new FakeExchange({ query: query('sse'), remoteAddress: '10.0.0.1', ...init });
    try {
      void limited.app.request(exchange);
      void limited.app.connect(exchange.request);
      return 'passes';
    } catch (failure) {
      return `${(failure as Failure).code} ${exchange.headers.get('Retry-After')}`;
    }
  };

  it('are limited by address, each counted once, and refused with 429 and a time to come back', () => {
    const limited = scene({ handshakesPerSecond: 2 });
    expect([{}, {}, {}].map((init) => attempt(limited, init))).toEqual(['passes', 'passes', 'rate-limited 1']);
    expect(attempt(limited, { remoteAddress: '10.0.0.2' })).toBe('passes');
    limited.clock.advance(1000);
    expect([{}, {}, {}].map((init) => attempt(limited, init))).toEqual(['passes', 'passes', 'rate-limited 1']);
  });

  it('are limited on transports that know no HTTP too', () => {
    const limited = scene({ handshakesPerSecond: 1 });
    limited.connect('socket');
    expect(thrownBy(() => limited.connect('socket'))).toMatchObject({ code: 'rate-limited' });
  });

  it('are not polls, messages and goodbyes of a resource; but its new connections are', () => {
    const limited = scene({ handshakesPerSecond: 1 });
    const { uuid } = limited.connect('poll').resource;
    for (const init of [{ query: query('long-polling', uuid) }, { query: query('sse', uuid), method: 'POST' }])
      for (let i = 0; i < 3; i++) expect(attempt(limited, { ...init, remoteAddress: '' })).toBe('passes');
    expect(attempt(limited, { query: query('sse', uuid), remoteAddress: '' })).toBe('rate-limited 1');
    expect(attempt(limited, { query: query('long-polling', 'somebody'), remoteAddress: '' })).toBe('rate-limited 1');
  });

  it('may be counted by what the proxy in front says', () => {
    const limited = scene({
      handshakesPerSecond: 1,
      addressOf: (request) => request.header('x-forwarded-for') ?? request.remoteAddress,
    });
    const via = (address: string) => attempt(limited, { headers: { 'x-forwarded-for': address } });
    expect(['1.1.1.1', '2.2.2.2', '1.1.1.1'].map(via)).toEqual(['passes', 'passes', 'rate-limited 1']);
  });
});

describe('The memory of addresses', () => {
  it('is for whole networks of IPv6', () => {
    const limited = scene({ handshakesPerSecond: 1 });
    const from = (remoteAddress: string): unknown =>
      limited.app.connect(asked({ query: 'X-Atmosphere-Transport=sse', remoteAddress }));
    from('2001:db8:1:2::a');
    expect(thrownBy(() => from('2001:db8:1:2::b'))).toMatchObject({ code: 'rate-limited' });
    from('2001:db8:1:3::a');
  });
});

describe('Options that can not work', () => {
  it.each([{ messages: 0 }, { perSeconds: NaN }, { handshakesPerSecond: -1 }, { maxAddresses: Infinity }])(
    'stop the start: %j',
    (options) => {
      expect(() => new RateLimitingInterceptor(options)).toThrow('it must be a number above 0');
    },
  );

  it('are named, a policy too', () => {
    expect(() => new RateLimitingInterceptor({ policy: 'block' as never })).toThrow(
      'the policy is "block"; it must be drop, refuse or disconnect',
    );
  });
});

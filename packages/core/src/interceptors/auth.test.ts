import { Header, Parameter } from '@ionosphere/protocol';
import { injectable } from 'tsyringe';
import { AtmosphereInterceptorService, ManagedService, Message, OnError, Ready } from '../declaration/decorators';
import { Failure } from '../errors';
import { requestFor, Scene, settled, thrownBy, type FakeConnection } from '../port.fixture';
import { Resource } from '../resource/resource';
import { AuthInterceptor, authenticationOf, type AuthOptions } from './auth';
import { asked, FakeExchange, type Asked } from './exchange.fixture';

const handled: string[] = [];
const failed: string[] = [];

@ManagedService('/room')
class Room {
  @Ready() onReady(resource: Resource): void {
    handled.push(`ready ${authenticationOf(resource)?.principal}`);
  }
  @Message() onMessage(text: string, resource: Resource): void {
    handled.push(`${text} ${authenticationOf(resource)?.principal}`);
  }
  @OnError() onError(failure: Failure): void {
    failed.push(failure.code);
  }
}

@ManagedService('/other')
class Other extends Room {}

/** Where the clock of a scene begins, in milliseconds. */
const START = 1_000_000;

/** Tokens are `name` or `name:seconds until it expires, from the beginning`. */
const byName: AuthOptions['validate'] = (token) => {
  const [principal = '', seconds] = token.split(':');
  if (principal === 'nobody') return undefined;
  if (principal === 'banned') throw new Failure('forbidden', 'You are banned.');
  if (principal === 'broken') throw new Error('the database is down');
  return { principal, claims: { token }, ...(seconds && { expiresAt: START + Number(seconds) * 1000 }) };
};

function scene(options: Partial<AuthOptions> = {}): Scene {
  return new Scene([Room, Other], { interceptors: [new AuthInterceptor({ validate: byName, ...options })] });
}

const query = (token: string): string => `${Parameter.auth}=${encodeURIComponent(token)}`;
const join = (room: Scene, token: string, more = {}): FakeConnection =>
  room.connect('socket', { protocol: false, query: query(token), ...more });

/** What becomes of a request over HTTP: what the interceptors answer, or the failure; and the headers. */
async function ask(room: Scene, init: Asked): Promise<{ code: string | undefined; headers: Map<string, string> }> {
  const exchange = new FakeExchange(init);
  try {
    await room.app.request(exchange);
    return { code: undefined, headers: exchange.headers };
  } catch (failure) {
    return { code: (failure as Failure).code, headers: exchange.headers };
  }
}

beforeEach(() => {
  handled.splice(0);
  failed.splice(0);
});

describe('A client', () => {
  it('is let in with a token that is valid, and is known to the service', () => {
    const client = join(scene(), 'ada');
    client.resource.receive('hello');
    expect(handled).toEqual(['ready ada', 'hello ada']);
    expect(authenticationOf(client.resource)).toEqual({ principal: 'ada', claims: { token: 'ada' } });
  });

  it.each([
    ['without a token', '', 'unauthorized'],
    ['with an empty one', query(''), 'unauthorized'],
    ['with one that nobody knows', query('nobody'), 'unauthorized'],
    ['that the validator refuses', query('banned'), 'forbidden'],
    ['when the validator fails', query('broken'), 'handler-failed'],
    ['with one that has expired', query('ada:-1'), 'token-expired'],
    ['with one that expires now', query('ada:0'), 'token-expired'],
    ['whose time is no time', query('ada:x'), 'token-expired'],
  ])('%s is refused', async (_, text, code) => {
    const room = scene();
    expect(thrownBy(() => room.connect('socket', { query: text }))).toMatchObject({ code });
    expect(await ask(room, { query: text })).toMatchObject({ code });
    expect(room.app.resources.size).toBe(0);
  });

  it.each([{}, { principal: '' }, { principal: 7 }, true])('is refused when validate gives %j', (found) => {
    expect(thrownBy(() => join(scene({ validate: () => found as never }), 'x'))).toMatchObject({
      code: 'handler-failed',
    });
  });

  it('may wait for a validator that takes its time', async () => {
    const room = scene({ validate: async (token) => byName(token, asked()) });
    const resource = await room.app.connect(requestFor('socket', { query: query('ada') }));
    expect(authenticationOf(resource)?.principal).toBe('ada');
    await expect(room.app.connect(requestFor('socket', { query: query('banned') }))).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('The token', () => {
  const principal = (init: Asked, options: Partial<AuthOptions> = {}): string | undefined => {
    const resource = scene(options).app.connect(asked(init)) as Resource;
    return authenticationOf(resource)?.principal;
  };
  const all = { headers: { 'x-atmosphere-auth': 'header', cookie: 'a=b; token=cookie' }, query: query('query') };

  it('is in the header, else in the query, else in the cookie', () => {
    const cookie = 'token';
    expect(principal(all, { cookie })).toBe('header');
    expect(principal({ ...all, headers: { cookie: all.headers.cookie } }, { cookie })).toBe('query');
    expect(principal({ headers: { cookie: 'token=c%20d' } }, { cookie })).toBe('c d');
    expect(thrownBy(() => principal({ headers: { cookie: 'token=x' } }))).toMatchObject({ code: 'unauthorized' });
  });

  it('may have other names, and the form of HTTP', () => {
    expect(principal({ headers: { authorization: 'Bearer ada' } }, { header: 'Authorization' })).toBe('ada');
    expect(principal({ query: 'access_token=ada' }, { header: 'Authorization', query: 'access_token' })).toBe('ada');
    expect(() => new AuthInterceptor({ validate: byName, query: 'X-Atmosphere-Token' })).toThrow("is the protocol's");
  });

  it('is checked once for a request that connects', async () => {
    const validate = jest.fn(byName);
    const room = scene({ validate });
    const exchange = new FakeExchange({ query: query('ada') });
    await room.app.request(exchange);
    await room.app.connect(exchange.request);
    expect(validate).toHaveBeenCalledTimes(1);
  });

  it('may be good for a number of seconds', () => {
    const room = scene({ validate: () => ({ principal: 'ada', expiresIn: 60, expiresAt: new Date(START + 120_000) }) });
    const first = join(room, 'x');
    room.clock.advance(59_000);
    expect(first.closedWith).toBeUndefined();
  });
});

describe('A class that extends it', () => {
  it('gets from the container what its validator needs', () => {
    @injectable()
    class Users {
      readonly byToken = new Map([['t0k3n', 'ada']]);
    }
    @AtmosphereInterceptorService()
    class TokenAuth extends AuthInterceptor {
      constructor(users: Users) {
        super({
          validate(token) {
            const principal = users.byToken.get(token);
            return principal === undefined ? undefined : { principal };
          },
        });
      }
    }
    const room = new Scene([Room, TokenAuth]);
    expect(authenticationOf(join(room, 't0k3n').resource)).toEqual({ principal: 'ada' });
    expect(thrownBy(() => join(room, 'ada'))).toMatchObject({ code: 'unauthorized' });
  });
});

describe('Without a validator', () => {
  it.each([undefined, {}, { validate: 'yes' }])('nothing starts: %j', (options) => {
    expect(() => new AuthInterceptor(options as never)).toThrow('AuthInterceptor: there is no validate');
  });
});

describe('Every request over HTTP', () => {
  it('is checked: messages, polls and goodbyes; only a preflight passes', async () => {
    const room = scene();
    const codes = await Promise.all(
      [
        { method: 'GET' },
        { method: 'POST' },
        { method: 'PUT' },
        { query: 'X-Atmosphere-Transport=close' },
        { method: 'OPTIONS' },
      ].map(async (init) => (await ask(room, init)).code),
    );
    expect(codes).toEqual(['unauthorized', 'unauthorized', 'unauthorized', 'unauthorized', undefined]);
  });

  it('passes when it is a preflight, also where nobody answers these', async () => {
    const auth = new AuthInterceptor({ validate: byName });
    const room = new Scene([Room], { interceptors: [auth], disableInterceptors: 'all' });
    expect(await ask(room, { method: 'OPTIONS' })).toMatchObject({ code: undefined });
    expect(await ask(room, { method: 'POST' })).toMatchObject({ code: 'unauthorized' });
  });

  it('is told in a header that the token has expired, and no word of the application', async () => {
    const room = scene({ validate: () => new Failure('token-expired', 'secret\r\nX-Evil: 1') });
    const { code, headers } = await ask(room, { query: query('x') });
    expect([code, headers.get(Header.authExpired)]).toEqual(['token-expired', 'The token has expired.']);
  });

  it('gets a refreshed token in a header', async () => {
    const refresh = jest.fn((token: string) => `${token.split(':')[0]}:60`);
    const room = scene({ refresh });
    const { code, headers } = await ask(room, { query: query('ada:-1') });
    expect([code, headers.get(Header.authRefresh), headers.get(Header.authExpired)]).toEqual([
      undefined,
      'ada:60',
      undefined,
    ]);
    await ask(room, { query: query('ada:60') });
    expect(refresh).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['there is none', () => undefined, 'token-expired'],
    ['the new one is not valid', () => 'nobody', 'unauthorized'],
    ['the new one has expired too', () => 'ada:-1', 'token-expired'],
    ['it is refused', () => new Failure('forbidden'), 'forbidden'],
    ['no header can hold it', () => 'a\r\nb', 'handler-failed'],
    ['that fails', () => Promise.reject(new Error('down')), 'handler-failed'],
  ])('is refused when a new token is asked for and %s', async (_, refresh, code) => {
    expect(await ask(scene({ refresh }), { query: query('ada:-1') })).toMatchObject({ code });
  });

  it('is not for the resource of another user', async () => {
    const room = scene();
    const { uuid } = join(room, 'ada').resource;
    const as = (user: string) => ({ query: `${query(user)}&${Parameter.trackingId}=${uuid}` });
    expect(await ask(room, { ...as('bob'), method: 'POST' })).toMatchObject({ code: 'forbidden' });
    expect(thrownBy(() => room.app.connect(asked(as('bob'))))).toMatchObject({ code: 'forbidden' });
    expect(await ask(room, { ...as('ada:60'), method: 'POST' })).toMatchObject({ code: undefined });
    // On another path the id means nothing, and is nobody's.
    expect(await ask(room, { ...as('bob'), path: '/other' })).toMatchObject({ code: undefined });
  });
});

describe('A message of who has no connection', () => {
  it('is handled when its request was admitted, or is by its token', () => {
    const room = scene();
    const send = (init: Asked): unknown => {
      try {
        const visitor = room.app.visitor(asked({ method: 'POST', ...init })) as Resource;
        return visitor.endpoint.arrive(visitor, 'x');
      } catch (failure) {
        return failure;
      }
    };
    expect(send({ query: query('ada') })).toBeUndefined();
    expect(send({})).toMatchObject({ code: 'unauthorized' });
    expect(handled).toEqual(['x ada']);
  });
});

describe('A connection that outlives its token', () => {
  it('is closed with a code of its own, and the service is told', () => {
    const room = scene();
    const client = join(room, 'ada:60');
    room.clock.advance(59_900);
    expect(client.closedWith).toBeUndefined();
    room.clock.advance(200);
    expect(client.closedWith?.failure).toMatchObject({ code: 'token-expired', row: { close: 4419, status: 401 } });
    expect(failed).toEqual(['token-expired']);
  });

  it('goes on with a refreshed token, of which the client may be told, until that expires', () => {
    const refreshed = ['ada:120', undefined];
    const room = scene({
      refresh: () => refreshed.shift(),
      refreshMessage: (token) => ({ type: 'token', token }),
    });
    const client = join(room, 'ada:60');
    room.clock.advance(60_100);
    room.clock.turn();
    expect(client.closedWith).toBeUndefined();
    expect(client.texts).toEqual(['{"type":"token","token":"ada:120"}']);
    expect(authenticationOf(client.resource)?.claims).toEqual({ token: 'ada:120' });
    room.clock.advance(60_100);
    expect(client.closedWith?.failure?.code).toBe('token-expired');
  });

  it('goes on when the same token is good for longer now', () => {
    let until = START + 60_000;
    const room = scene({ validate: () => ({ principal: 'ada', expiresAt: until }) });
    const client = join(room, 'x');
    until += 60_000;
    room.clock.advance(60_100);
    expect(client.closedWith).toBeUndefined();
    room.clock.advance(60_100);
    expect(client.closedWith?.failure?.code).toBe('token-expired');
  });

  it('goes on when a request has brought a later token meanwhile', async () => {
    const room = scene();
    const client = join(room, 'ada:60');
    await ask(room, { method: 'POST', query: `${query('ada:120')}&${Parameter.trackingId}=${client.resource.uuid}` });
    await ask(room, { method: 'POST', query: `${query('ada:30')}&${Parameter.trackingId}=${client.resource.uuid}` });
    expect(authenticationOf(client.resource)?.claims).toEqual({ token: 'ada:120' });
    room.clock.advance(119_000);
    expect(client.closedWith).toBeUndefined();
    room.clock.advance(1100);
    expect(client.closedWith?.failure?.code).toBe('token-expired');
  });

  it('goes on with the token that it comes back with', () => {
    const room = scene();
    const client = join(room, 'ada:60');
    client.resource.detach(client, 'lost');
    const back = room.again(client, { protocol: false, query: query('ada:120') });
    room.clock.advance(61_000);
    expect([back.resource, back.closedWith]).toEqual([client.resource, undefined]);
    room.clock.advance(60_000);
    expect(back.closedWith?.failure?.code).toBe('token-expired');
  });

  it('is closed when the new token is of another user, or the check fails', () => {
    for (const [token, code] of [
      ['bob:600', 'forbidden'],
      ['broken', 'handler-failed'],
    ] as const) {
      const room = scene({ refresh: () => token });
      const client = join(room, 'ada:60');
      room.clock.advance(60_100);
      expect(client.closedWith?.failure?.code).toBe(code);
    }
  });

  it('leaves no timer behind when the resource ends, or never attaches', () => {
    const validate = jest.fn(byName);
    const room = scene({ validate });
    join(room, 'ada:60').resource.goodbye();
    void room.app.connect(requestFor('socket', { query: query('bob:60') }));
    room.clock.advance(120_000);
    expect(validate).toHaveBeenCalledTimes(2);
  });
});

describe('While an expired token is being checked again', () => {
  /** A client whose token is being refreshed, and what ends that. */
  function waiting() {
    let answer!: (token: string | undefined) => void;
    const room = scene({ refresh: () => new Promise((resolve) => (answer = resolve)) });
    const client = join(room, 'ada:60');
    room.clock.advance(60_100);
    const outcome = client.resource.receive('late');
    return { room, client, outcome, answer: (token: string | undefined) => answer(token) };
  }

  it('messages wait, and are handled when it is good', async () => {
    const { client, outcome, answer } = waiting();
    await settled();
    expect(handled).toEqual(['ready ada']);
    answer('ada:120');
    expect(await outcome).toBeUndefined();
    expect(handled).toEqual(['ready ada', 'late ada']);
    expect(client.resource.receive('sync again')).toBeUndefined();
    expect(handled).toHaveLength(3);
  });

  it('messages are refused when it is not', async () => {
    const { client, outcome, answer } = waiting();
    answer(undefined);
    expect(await outcome).toMatchObject({ code: 'token-expired' });
    expect(client.closedWith?.failure?.code).toBe('token-expired');
    expect(handled).toEqual(['ready ada']);
  });

  it('a request may bring a better one, and then the answer does not matter', async () => {
    const { room, client, outcome, answer } = waiting();
    const { uuid } = client.resource;
    await ask(room, { method: 'POST', query: `${query('ada:600')}&${Parameter.trackingId}=${uuid}` });
    expect(client.resource.receive('at once')).toBeDefined();
    answer(undefined);
    expect(await outcome).toBeUndefined();
    await settled();
    expect(handled).toEqual(['ready ada', 'late ada', 'at once ada']);
    room.clock.advance(60_000);
    expect(client.closedWith).toBeUndefined();
  });

  it('nobody waits for ever: after ten seconds the connection is closed', async () => {
    const { room, client, outcome, answer } = waiting();
    room.clock.advance(10_100);
    expect(client.closedWith?.failure?.code).toBe('token-expired');
    answer('ada:120');
    expect(await outcome).toMatchObject({ code: 'token-expired' });
    expect(handled).toEqual(['ready ada']);
  });
});

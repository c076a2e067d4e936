import {
  AuthInterceptor,
  authenticationOf,
  DeliverTo,
  Failure,
  ManagedService,
  Message,
  Resource,
  serve,
  silentLogger,
  type Server,
} from '@ionosphere/server';
import { Atmosphere } from 'atmosphere.js';
import { Client, transports } from './client.fixture';
import { Journal } from './journal.fixture';
import { codeOf, raw, RawSocket } from './raw.fixture';

@ManagedService('/me')
class Me {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string, resource: Resource): string {
    return `${text}: ${authenticationOf(resource)?.principal}`;
  }
}

const param = (name: string, value: string): string => `X-Atmosphere-${name}=${encodeURIComponent(value)}`;

/** Tokens whose time is over, and what they are refreshed to. */
const refreshed = new Map([['old', 'new']]);
/** How long `brief` is good, in seconds. */
const BRIEF = 0.3;

let server: Server;

beforeAll(async () => {
  const auth = new AuthInterceptor({
    validate: async (token) => {
      await Promise.resolve();
      if (token === 'old' || token === 'worn') return new Failure('token-expired');
      if (token === 'banned') throw new Failure('forbidden');
      if (token === 'wrong') return undefined;
      return { principal: token, ...(token === 'brief' && { expiresIn: expiresIn() }) };
    },
    refresh: (token) => refreshed.get(token),
    cookie: 'session',
  });
  const services = [Me];
  server = await serve({
    services,
    interceptors: [auth],
    port: 0,
    host: '127.0.0.1',
    signals: [],
    logger: silentLogger,
  });
});

/** The brief token is good once, and over when it is looked at again. */
let looks = 0;
const expiresIn = (): number => (looks++ === 0 ? BRIEF : -1);

beforeEach(() => (looks = 0));
afterEach(() => Client.closeAll());
afterAll(() => server.stop());

describe.each(transports)('Over %s', (transport) => {
  it('a client with a token is known, whatever characters the token has', async () => {
    const authToken = 'a b+c/d=&é%7C';
    const client = await Client.open(`${server.url}/me`, { transport, authToken, track: true });
    client.push('it is me');
    expect(await client.received(1)).toEqual([`it is me: ${authToken}`]);
  });

  it('one without a token, or with a wrong one, does not get in', async () => {
    const before = server.app.resources.size;
    for (const authToken of ['', 'wrong'])
      await expect(Client.open(`${server.url}/me`, { transport, authToken })).rejects.toThrow();
    expect(server.app.resources.size).toBeLessThanOrEqual(before);
  });
});

describe('A refusal', () => {
  it.each([
    ['without a token', '', 401, 'unauthorized'],
    ['of a wrong token', param('Auth', 'wrong'), 401, 'unauthorized'],
    ['of a token that the application bans', param('Auth', 'banned'), 403, 'forbidden'],
    ['of one that has expired', param('Auth', 'worn'), 401, 'token-expired'],
  ])('%s is an answer of HTTP, before a WebSocket too', async (_, query, status, code) => {
    const answer = await raw(server.port, { target: `/me?${param('Transport', 'sse')}&${query}` });
    expect([answer.status, codeOf(answer.body)]).toEqual([status, code]);
    const expired = code === 'token-expired' ? 'The token has expired.' : undefined;
    expect(answer.headers.get('x-atmosphere-auth-expired')).toBe(expired);
    await expect(RawSocket.open(`${server.url}/me?${query}`)).rejects.toThrow(`${status}`);
  });

  it('meets a message by POST too, which nobody handles', async () => {
    const client = await Client.open(`${server.url}/me`, { transport: 'sse', authToken: 'ada', track: true });
    const connected = [...server.app.resources.all()].filter(({ state }) => state === 'ready');
    const [{ uuid } = { uuid: '' }] = connected;
    expect(connected).toHaveLength(1);
    const post = (token: string) =>
      raw(server.port, {
        method: 'POST',
        target: `/me?${param('tracking-id', uuid)}&${param('Auth', token)}`,
        body: `from ${token}`,
      });
    expect((await post('')).status).toBe(401);
    expect((await post('bob')).status).toBe(403);
    expect((await post('ada')).status).toBe(200);
    expect(await client.received(1)).toEqual(['from ada: ada']);
  });
});

describe('The token may be', () => {
  it('in a header or in a cookie', async () => {
    for (const headers of [{ 'X-Atmosphere-Auth': 'ada' }, { Cookie: 'session=ada' }] as Record<string, string>[]) {
      const socket = await RawSocket.open(`${server.url}/me`, { headers });
      expect(await socket.ask('hello')).toBe('hello: ada');
      socket.close();
    }
  });
});

describe('A token that has expired', () => {
  it.each(['streaming', 'long-polling', 'sse'] as const)('is refreshed, of which %s is told', async (transport) => {
    const told = new Journal<string>();
    const opened = new Journal<string>();
    const messages = new Journal<unknown>();
    const atmosphere = new Atmosphere({ logLevel: 'silent' });
    const subscription = await atmosphere.subscribe(
      { url: `${server.url}/me`, transport, authToken: 'old', enableProtocol: true, trackMessageLength: true },
      {
        open: () => opened.push('open'),
        message: ({ responseBody }) => messages.push(responseBody),
        authTokenRefresh: (token) => told.push(token),
      },
    );
    await opened.until(({ length }) => length === 1, 'open');
    subscription.push('hello');
    await told.until(() => told.entries.includes('new'), 'the new token');
    await messages.until(({ length }) => length === 1, 'an answer');
    expect(messages.entries).toEqual(['hello: new']);
    await subscription.close();
  });

  it('ends a connection that outlives it, with a code of its own', async () => {
    const socket = await RawSocket.open(`${server.url}/me?${param('Auth', 'brief')}`);
    expect(await socket.ask('hello')).toBe('hello: brief');
    await socket.ended.until(({ length }) => length === 1, 'the end');
    expect(socket.ended.entries).toEqual([4419]);
  });

  it('ends a stream, and the client does not get in again with it', async () => {
    const client = await Client.open(`${server.url}/me`, {
      transport: 'streaming',
      authToken: 'brief',
      reconnect: true,
      reconnectInterval: 5,
      maxReconnectOnClose: 1,
    });
    await client.events.until(() => client.count('error') > 0, 'the refusal');
    expect(client.events.entries.find(({ type }) => type === 'error')?.detail).toContain('401');
  });
});

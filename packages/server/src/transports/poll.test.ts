import { once } from 'node:events';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import {
  AuthInterceptor,
  ManagedService,
  silentLogger,
  type HttpExchange,
  type Interceptor,
  type Next,
  type Request,
  type Resource,
} from '@ionosphere/core';
import { serve, type Server } from '../serve';

/** What interceptors of an application saw. */
const seen = { request: [] as Request[], connect: [] as Request[], addresses: [] as string[] };

/** Asks for nothing that costs, unless it is to. */
const watcher: Interceptor & { asks: boolean; waits: Promise<void> | undefined } = {
  asks: false,
  waits: undefined,
  request(exchange: HttpExchange, next: Next<HttpExchange, undefined>) {
    seen.request.push(exchange.request);
    if (this.asks) seen.addresses.push(exchange.request.remoteAddress);
    return next(exchange);
  },
  connect(request, next) {
    seen.connect.push(request);
    return this.waits ? this.waits.then(() => next(request)) : next(request);
  },
};

@ManagedService({ path: '/room', interceptors: [watcher] })
class Room {}

const tokens = new Set(['valid']);
let validated = 0;

@ManagedService({
  path: '/guarded',
  interceptors: [
    new AuthInterceptor({
      validate: (token) => {
        validated++;
        return tokens.has(token) ? { principal: token } : undefined;
      },
    }),
  ],
})
class Guarded {}

const protocol = 'X-Atmosphere-Framework=5.0.7&X-Atmosphere-Transport=long-polling&X-atmo-protocol=true';

interface Sent {
  readonly headers?: Record<string, string>;
  /** More of the query. */
  readonly more?: string;
  /** Where the client is. */
  readonly localAddress?: string;
  readonly agent?: Agent;
}

/** A poll that the server holds. */
interface HeldPoll {
  readonly sent: ClientRequest;
  readonly answer: Promise<IncomingMessage>;
  /** As the server sees it. */
  readonly request: Request;
}

describe('A poll', () => {
  let server: Server;
  let path = '/room';
  let id = '';
  beforeAll(async () => {
    // The moment that a poll is held passes when a test says so.
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    server = await serve({ port: 0, host: '0.0.0.0', services: [Room, Guarded], logger: silentLogger, signals: [] });
  });
  beforeEach(async () => {
    await greet('/room');
    for (const list of Object.values(seen)) list.length = 0;
  });
  afterEach(() => (watcher.asks = false));
  afterAll(async () => {
    jest.useRealTimers();
    await server.stop({ deadlineSeconds: 1 });
  });

  /** A new client of a service. */
  async function greet(at: string, more = ''): Promise<void> {
    path = at;
    const answer = await get(`${at}?${protocol}${more}`);
    await bodyOf(answer);
    id = String(answer.headers['x-atmosphere-tracking-id']);
  }

  async function get(target: string, more: Sent = {}): Promise<IncomingMessage> {
    return (await once(send(target, more), 'response'))[0] as IncomingMessage;
  }

  function send(target: string, { headers = {}, localAddress = '127.0.0.1', agent }: Sent): ClientRequest {
    const { port } = server;
    return httpRequest({ host: '127.0.0.1', port, path: target, headers, localAddress, agent }).end();
  }

  const target = (more = ''): string => `${path}?${protocol}&X-Atmosphere-tracking-id=${id}${more}`;

  async function hold(more: Sent = {}): Promise<HeldPoll> {
    const sent = send(target(more.more), more);
    const answer = once(sent, 'response').then(([response]) => response as IncomingMessage);
    answer.catch(() => undefined);
    const { request } = await stateOf(id, 'ready');
    return { sent, answer, request };
  }

  /** Waits until a resource is there, or away. */
  async function stateOf(uuid: string, state: Resource['state']): Promise<Resource> {
    await until(`the resource is ${state}`, () => server.app.resources.find(uuid)?.state === state);
    return server.app.resources.find(uuid) as Resource;
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (const began = performance.now(); !isSo();) {
      if (performance.now() - began > 4000) throw new Error(`not so: ${what}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function answered({ answer }: HeldPoll): Promise<string> {
    server.app.broadcasters.lookup(path).broadcast('hello');
    return bodyOf(await answer);
  }

  async function bodyOf(answer: IncomingMessage): Promise<string> {
    let body = '';
    for await (const chunk of answer) body += String(chunk);
    return body;
  }

  /** Whether the client has got the head of the answer by the time that it has got that of a later request. */
  async function hasBegun({ answer }: HeldPoll): Promise<boolean> {
    let begun = false;
    void answer.then(() => (begun = true));
    await bodyOf(await get('/health'));
    return begun;
  }

  it('that is held begins its answer at once, before there is anything to say', async () => {
    const held = await hold();
    const { headers } = await held.answer;
    expect(headers['content-length']).toBeUndefined();
    expect(headers).toMatchObject({ 'cache-control': 'no-store, no-cache, must-revalidate', expires: '-1' });
    expect(await answered(held)).toBe('\uFEFFhello');
  });

  it('of a client that gets one answer soon after the other has a length, and no mark in front', async () => {
    await answered(await hold());
    const held = await hold();
    expect(await hasBegun(held)).toBe(false);
    expect(await answered(held)).toBe('hello');
    expect((await held.answer).headers).toMatchObject({ 'content-length': '5', 'x-atmosphere-tracking-id': id });
  });

  it('begins its answer all the same when it was held for a tenth of a second, and so does the next at once', async () => {
    await answered(await hold());
    const held = await hold();
    jest.advanceTimersByTime(49);
    expect(await hasBegun(held)).toBe(false);
    jest.advanceTimersByTime(51);
    expect(await answered(held)).toBe('\uFEFFhello');
    expect(await answered(await hold())).toBe('\uFEFFhello');
  });

  it('of a client that names no version has a length, however long it is held beside others that name theirs', async () => {
    await answered(await hold());
    const nameless = protocol.slice(protocol.indexOf('&') + 1);
    const answer = await get(`${path}?${nameless}`);
    await bodyOf(answer);
    id = String(answer.headers['x-atmosphere-tracking-id']);
    const sent = send(`${path}?${nameless}&X-Atmosphere-tracking-id=${id}`, {});
    const late = once(sent, 'response').then(([response]) => response as IncomingMessage);
    const { request } = await stateOf(id, 'ready');
    jest.advanceTimersByTime(200);
    expect(await answered({ sent, answer: late, request })).toBe('hello');
    expect((await late).headers['content-length']).toBe('5');
  });

  it('that follows one that found a message at once has a length, however long the one before that was held', async () => {
    await answered(await hold());
    await answered(await hold());
    const long = await hold();
    jest.advanceTimersByTime(100);
    expect(await answered(long)).toBe('\uFEFFhello');
    await stateOf(id, 'away');
    server.app.broadcasters.lookup(path).broadcast('at once');
    expect(await bodyOf(await get(target()))).toBe('at once');
    const held = await hold();
    expect(await hasBegun(held)).toBe(false);
    expect(await answered(held)).toBe('hello');
  });

  it('that follows one that broke begins its answer at once', async () => {
    await answered(await hold());
    const broken = await hold();
    broken.sent.destroy();
    await stateOf(id, 'away');
    expect(await bodyOf(await get(target()))).toMatch(`${id}|`);
    const held = await hold();
    await held.answer;
    expect(await answered(held)).toBe('\uFEFFhello');
  });

  it('that broke while an interceptor took its time is followed by a handshake, as any that broke', async () => {
    await answered(await hold());
    let goOn: () => void = () => undefined;
    watcher.waits = new Promise((resolve) => (goOn = resolve));
    const broken = send(target(), {}).on('error', () => undefined);
    await until('the interceptor is asked', () => seen.connect.length === 2);
    broken.destroy();
    await until('the server has seen it break', () => server.app.admission.addresses === 0);
    goOn();
    watcher.waits = undefined;
    await until('the break is known', () => server.app.resources.find(id)?.pollBroken === true);
    server.app.broadcasters.lookup(path).broadcast('missed');
    expect(await bodyOf(await get(target()))).toMatch(`${id}|`);
    expect(await bodyOf(await get(target()))).toBe('missed');
  });

  it('that says all that the one before said is a request of its own, but is not read again', async () => {
    const headers = { 'X-Token': 'a' };
    const first = await hold({ headers });
    await answered(first);
    const second = await hold({ headers });
    await answered(second);
    expect(second.request).not.toBe(first.request);
    expect(second.request).toEqual(first.request);
    expect(second.request.wire).toBe(first.request.wire);
    const third = await hold({ headers: { 'X-Token': 'b' } });
    await answered(third);
    expect([third.request.header('x-token'), first.request.header('x-token')]).toEqual(['b', 'a']);
    const fourth = await hold({ headers: { 'X-Token': 'b' }, more: '&more=1' });
    await answered(fourth);
    expect([fourth.request.query.get('more'), third.request.query.get('more')]).toEqual(['1', undefined]);
  });

  it('passes the interceptors each time, as a request that they have not seen', async () => {
    for (let poll = 0; poll < 4; poll++) await answered(await hold());
    expect(seen.request).toHaveLength(4);
    expect(new Set(seen.request).size).toBe(4);
    expect(seen.connect).toEqual(seen.request);
  });

  it('is refused once its token is not valid any more, however often it was let in', async () => {
    const more = '&X-Atmosphere-Auth=valid';
    await greet('/guarded', more);
    validated = 0;
    for (let poll = 0; poll < 3; poll++) await answered(await hold({ more }));
    expect(validated).toBe(3);
    tokens.clear();
    const refused = await get(target(more));
    expect(refused.statusCode).toBe(401);
    refused.resume();
  });

  it('tells interceptors where it comes from now, though it says what one from elsewhere said', async () => {
    watcher.asks = true;
    for (const localAddress of ['127.0.0.1', '127.0.0.2', '127.0.0.1']) await answered(await hold({ localAddress }));
    expect(seen.addresses).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.1']);
  });

  it('counts for the address where its client was a second ago at most, and leaves no count behind', async () => {
    for (let poll = 0; poll < 2; poll++) await answered(await hold());
    const moved = await hold({ localAddress: '127.0.0.2' });
    expect(moved.request.recentAddress).toBe('127.0.0.1');
    expect(moved.request.remoteAddress).toBe('127.0.0.2');
    expect(server.app.admission.addresses).toBe(1);
    await answered(moved);
    expect(server.app.admission.addresses).toBe(0);
    const back = await hold();
    expect(back.request.recentAddress).toBe('127.0.0.2');
    await answered(back);
    jest.advanceTimersByTime(1000);
    const later = await hold();
    expect(later.request.recentAddress).toBe('127.0.0.1');
    expect(server.app.admission.addresses).toBe(1);
    await answered(later);
    expect(server.app.admission.addresses).toBe(0);
  });
});

describe('A poll behind a proxy that is trusted', () => {
  it('comes from where the proxy says, also over one connection for several clients', async () => {
    watcher.asks = true;
    seen.addresses.length = 0;
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      services: [Room],
      logger: silentLogger,
      signals: [],
      config: { trustProxy: 1 },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (query: string, from: string): Promise<IncomingMessage> => {
      const headers = { 'X-Forwarded-For': from };
      const sent = httpRequest({ host: '127.0.0.1', port: server.port, path: `/room?${query}`, headers, agent }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      for await (const chunk of answer) void chunk;
      return answer;
    };
    const polls = protocol.replace('long-polling', 'polling');
    const ids: string[] = [];
    for (const from of ['10.0.0.1', '10.0.0.2'])
      ids.push(String((await ask(polls, from)).headers['x-atmosphere-tracking-id']));
    const rounds = [0, 1, 0, 0, 1, 1, 0].map((client, round) => ({
      client,
      from: `10.0.0.${client + (round < 5 ? 1 : 3)}`,
    }));
    for (const { client, from } of rounds) await ask(`${polls}&X-Atmosphere-tracking-id=${ids[client]}`, from);
    agent.destroy();
    await server.stop({ deadlineSeconds: 1 });
    watcher.asks = false;
    expect(seen.addresses).toEqual(['10.0.0.1', '10.0.0.2', ...rounds.map(({ from }) => from)]);
  });
});

import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import {
  Broadcaster,
  CacheHeadersInterceptor,
  Get,
  ManagedService,
  Message,
  silentLogger,
  type HttpExchange,
  type Interceptor,
  type Next,
  type Resource,
} from '@ionosphere/core';
import { serve, type Server } from '../serve';

let asked = 0;

/** Sees each request, or only those that say something new. */
const watcher = (repeatable: boolean): Interceptor => ({
  repeatable,
  request(exchange: HttpExchange, next: Next<HttpExchange, undefined>) {
    exchange.setHeader('X-Asked', String(++asked));
    return next(exchange);
  },
});

/** A standard interceptor that does otherwise. */
class OwnHeaders extends CacheHeadersInterceptor {
  override request(exchange: HttpExchange, next: Next<HttpExchange, undefined>) {
    asked++;
    return super.request(exchange, next);
  }
}

@ManagedService({ path: '/plain', interceptors: [watcher(true)] })
class Plain {
  @Message()
  onMessage(_: string): void {}
}

/** Sees each request, and sets nothing. */
const counter: Interceptor = {
  repeatable: true,
  request(exchange: HttpExchange, next: Next<HttpExchange, undefined>) {
    asked++;
    return next(exchange);
  },
};

@ManagedService({ path: '/one', interceptors: [counter] })
class One {}

@ManagedService({ path: '/other', interceptors: [counter] })
class Other {}

@ManagedService({ path: '/named/{name}', interceptors: [watcher(true)] })
class Named {}

@ManagedService({ path: '/watched', interceptors: [watcher(false)] })
class Watched {}

@ManagedService({ path: '/extended', interceptors: [new OwnHeaders()] })
class Extended {}

@ManagedService({ path: '/verb' })
class WithVerb {
  @Get()
  onGet(): void {
    asked++;
  }
}

const protocol = 'X-Atmosphere-Framework=5.0.7&X-Atmosphere-Transport=long-polling&X-atmo-protocol=true';
const LIMIT = 2;

describe('A poll that says what the one before said', () => {
  let server: Server;
  let path = '/plain';
  let resource: Resource;

  beforeAll(async () => {
    const services = [Plain, One, Other, Named, Watched, Extended, WithVerb];
    const limits = { maxConnections: LIMIT };
    server = await serve({ port: 0, host: '127.0.0.1', services, limits, logger: silentLogger, signals: [] });
  });
  beforeEach(() => greet('/plain'));
  afterAll(() => server.stop({ deadlineSeconds: 1 }));

  /** A new client of a service, which has had its handshake and the answer to its first poll. */
  async function greet(at: string): Promise<void> {
    path = at;
    const answer = await get(`${path}?${protocol}`);
    await bodyOf(answer);
    resource = server.app.resources.find(String(answer.headers['x-atmosphere-tracking-id'])) as Resource;
    await answered(await hold());
    asked = 0;
  }

  function send(target: string, headers: Record<string, string>, method = 'GET', body = ''): ClientRequest {
    return httpRequest({ host: '127.0.0.1', port: server.port, path: target, headers, method }).end(body);
  }

  async function get(target: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    return (await once(send(target, headers), 'response'))[0] as IncomingMessage;
  }

  const target = (): string => `${path}?${protocol}&X-Atmosphere-tracking-id=${resource.uuid}`;

  async function bodyOf(answer: IncomingMessage): Promise<string> {
    let body = '';
    for await (const chunk of answer) body += String(chunk);
    return body.replace('\uFEFF', '');
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (const began = performance.now(); !isSo();) {
      if (performance.now() - began > 4000) throw new Error(`not so: ${what}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  interface HeldPoll {
    readonly sent: ClientRequest;
    readonly answer: Promise<IncomingMessage>;
  }

  async function hold(headers: Record<string, string> = {}): Promise<HeldPoll> {
    const sent = send(target(), headers);
    const answer = once(sent, 'response').then(([response]) => response as IncomingMessage);
    answer.catch(() => undefined);
    await until('the poll is held', () => resource.state === 'ready');
    return { sent, answer };
  }

  function broadcast(text: string): void {
    server.app.broadcasters.lookup(resource.endpoint.path).broadcast(text);
  }

  async function answered({ answer }: HeldPoll): Promise<IncomingMessage & { readonly text: string }> {
    broadcast('hello');
    const response = await answer;
    const text = await bodyOf(response);
    await until('the poll is over', () => resource.state === 'away');
    return Object.assign(response, { text });
  }

  function broadcastElsewhere(text: string): void {
    const elsewhere: Broadcaster = server.app.broadcasters.lookup('/elsewhere');
    resource.subscribe(elsewhere);
    elsewhere.broadcast(text);
  }

  /** What is open now, and was open ever. */
  const counted = (): number[] => {
    const { connections, connected } = server.app.counters.snapshot();
    return [connections['long-polling'] ?? NaN, connected['long-polling'] ?? NaN];
  };

  it('is told from one whose id begins alike', async () => {
    const random = jest.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      const values = bytes as unknown as Uint8Array;
      for (let index = 0; index < values.length; index++) values[index] = index % 16 < 15 ? 0xaa : index / 16;
      return bytes;
    });
    const resources: Resource[] = [];
    // The bytes of many ids are got at once; those that were are used first.
    while (resources.length < 2) {
      await greet('/plain');
      if (resource.uuid.startsWith('aaaaaaaa')) resources.push(resource);
    }
    random.mockRestore();
    for (let poll = 0; poll < 4; poll++) {
      resource = resources[poll % 2] as Resource;
      broadcast('hello');
      const answer = await get(target());
      await bodyOf(answer);
      expect(answer.headers['x-atmosphere-tracking-id']).toBe(resource.uuid);
    }
    expect(asked).toBe(0);
  });

  it.each<[string, string, number]>([
    ['passes by interceptors that do the same each time', '/plain', 0],
    ['is seen by any other', '/watched', 3],
    ['is seen by one that extends a standard one', '/extended', 3],
    ['reaches the method for GET', '/verb', 3],
  ])('%s', async (_, at, times) => {
    await greet(at);
    for (let poll = 0; poll < 3; poll++) expect((await answered(await hold())).text).toBe('hello');
    expect(asked).toBe(times);
  });

  it('is told from one at another path, where all else is the same', async () => {
    const clients = new Map<string, Resource>();
    for (const at of ['/one', '/other']) {
      await greet(at);
      clients.set(at, resource);
    }
    const poll = async (at: string, of = at): Promise<number> => {
      path = at;
      resource = clients.get(of) as Resource;
      broadcast('hello');
      asked = 0;
      await bodyOf(await get(`${target()}&more=1`));
      return asked;
    };
    expect([await poll('/one'), await poll('/other')]).toEqual([1, 1]);
    expect([await poll('/one'), await poll('/other')]).toEqual([0, 0]);
    expect(await poll('/other', '/one')).toBe(1);
  });

  it('gets the headers that interceptors had set', async () => {
    const { headers } = await answered(await hold());
    const again = await answered(await hold());
    const { date, ...rest } = headers;
    expect(again.headers).toEqual({ date: again.headers.date, ...rest });
    expect(date).toBeDefined();
    expect(rest).toMatchObject({ pragma: 'no-cache', 'x-asked': expect.any(String), 'content-length': '5' });
  });

  it('is asked anew when a header differs: a page from elsewhere is refused', async () => {
    const refused = await get(target(), { Origin: 'https://evil.example' });
    expect([refused.statusCode, asked]).toEqual([403, 0]);
    refused.resume();
    const origin = `http://127.0.0.1:${server.port}`;
    const own = await answered(await hold({ Origin: origin }));
    expect([own.headers['access-control-allow-origin'], asked]).toEqual([origin, 1]);
  });

  it('is at its own path, when that is how the other one reads once it is decoded', async () => {
    await greet('/named/%2541');
    expect(resource.endpoint.path).toBe('/named/%41');
    path = '/named/%41';
    const answer = await get(target());
    await bodyOf(answer);
    expect([answer.headers['x-atmosphere-tracking-id'] === resource.uuid, asked]).toEqual([false, 1]);
  });

  it('is no message, nor a question, that says the same by another method', async () => {
    for (const [method, body, status] of [
      ['POST', 'message', 200],
      ['HEAD', '', 405],
      ['PUT', '', 405],
    ] as const) {
      const [response] = (await once(send(target(), {}, method, body), 'response')) as [IncomingMessage];
      response.resume();
      expect([method, response.statusCode, resource.state]).toEqual([method, status, 'away']);
    }
  });

  it.each<[string, () => void]>([
    ['broadcast', () => broadcast('one')],
    ['sent to its resource alone', () => resource.send('one')],
    ['broadcast where its resource has just subscribed', () => broadcastElsewhere('one')],
  ])('gets what was %s since the last answer', async (_, act) => {
    act();
    expect(await bodyOf(await get(target()))).toBe('one');
    broadcastElsewhere('two');
    expect(await bodyOf(await get(target()))).toBe('two');
    expect((await answered(await hold())).text).toBe('hello');
  });

  it('is a request of its own for who asks', async () => {
    const first = await hold();
    const { request } = resource;
    expect(resource.request).toBe(request);
    await answered(first);
    const second = await hold();
    expect(resource.request).not.toBe(request);
    expect(resource.request).toEqual(request);
    expect(resource.request.remoteAddress).toBe('127.0.0.1');
    await answered(second);
    expect(resource.request.remoteAddress).toBe('127.0.0.1');
  });

  it('counts as a connection while it is open, and leaves no count behind', async () => {
    const [open = NaN, all = NaN] = counted();
    const held = await hold();
    expect(counted()).toEqual([open + 1, all + 1]);
    await answered(held);
    expect(counted()).toEqual([open, all + 1]);
    const broken = await hold();
    broken.sent.destroy();
    await until('the break is seen', () => resource.state === 'away');
    expect(counted()).toEqual([open, all + 2]);
    expect(server.app.admission.addresses).toBe(0);
  });

  it('is refused where there are enough connections, and served when there is room', async () => {
    const others = Array.from({ length: LIMIT }, () => send(`/plain?${protocol}&X-Atmosphere-Transport=streaming`, {}));
    const responses = await Promise.all(others.map((one) => once(one, 'response')));
    const refused = await get(target());
    expect([refused.statusCode, counted()[0]]).toEqual([503, 0]);
    refused.resume();
    for (const one of others) one.on('error', () => undefined).destroy();
    expect(responses).toHaveLength(LIMIT);
    await until('there is room', () => server.app.admission.addresses === 0);
    expect((await answered(await hold())).text).toBe('hello');
    expect(asked).toBe(LIMIT);
  });

  it('that breaks is followed by a handshake', async () => {
    const broken = await hold();
    broken.sent.destroy();
    await until('the break is seen', () => resource.state === 'away');
    expect(await bodyOf(await get(target()))).toContain(resource.uuid);
    expect((await answered(await hold())).text).toBe('hello');
  });

  it('takes the place of one that is still held, which is answered, and is followed by a handshake', async () => {
    const older = await hold();
    const newer = await get(target());
    expect(await bodyOf(newer)).toContain(resource.uuid);
    expect(await bodyOf(await older.answer)).toBe('');
  });

  it('finds a resource that was closed meanwhile gone', async () => {
    resource.close();
    const { statusCode } = await get(target());
    expect(statusCode).toBe(404);
  });
});

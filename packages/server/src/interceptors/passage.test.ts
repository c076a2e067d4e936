import {
  Failure,
  Get,
  ManagedService,
  Message,
  Put,
  Ready,
  type HttpAnswer,
  type HttpExchange,
  type Interceptor,
  type MaybePromise,
  type Next,
  type Resource,
} from '@ionosphere/core';
import { RecordingLogger } from '@ionosphere/testing';
import { requestOnce } from '../raw-http.fixture';
import { serve, type Server } from '../serve';

const logger = new RecordingLogger();
const ran: string[] = [];
let server: Server;

/** What JavaScript lets an interceptor do, whatever its type says. */
const unchecked = (interceptor: Record<string, unknown>): Interceptor => interceptor;

class Forgetful implements Interceptor {
  request(exchange: HttpExchange, next: Next<HttpExchange, HttpAnswer | undefined>) {
    return exchange.request.query.has('friend') ? next(exchange) : undefined;
  }
}

class SlowForgetful implements Interceptor {
  async request(exchange: HttpExchange, next: Next<HttpExchange, HttpAnswer | undefined>) {
    await Promise.resolve();
    return exchange.request.query.has('friend') ? next(exchange) : undefined;
  }
}

/** Calls what is next, and does not say what it said. */
class Careless implements Interceptor {
  request(exchange: HttpExchange, next: Next<HttpExchange, HttpAnswer | undefined>): MaybePromise<undefined> {
    void next(exchange);
    return undefined;
  }
}

const late: Interceptor = {
  request: (exchange, next) => Promise.resolve().then(() => next(exchange)),
};

function at(path: string, ...interceptors: Interceptor[]) {
  @ManagedService({ path, interceptors })
  class Guarded {
    @Ready() onReady(): void {
      ran.push('ready');
    }
    @Get() onGet(): string {
      ran.push('get');
      return 'got';
    }
    @Put() onPut(): string {
      ran.push('put');
      return 'put';
    }
    @Message() onMessage(_: string): void {
      ran.push('message');
    }
  }
  return Guarded;
}

beforeAll(async () => {
  const services = [
    at('/forgetful', new Forgetful()),
    at('/slow', new SlowForgetful()),
    at('/plain', unchecked({ request: () => null })),
    at('/careless', new Careless(), { request: () => ({ status: 401 }) }),
    at('/impatient', new Careless(), late),
    at('/patient', late, new Careless()),
    at('/answers', { request: () => ({ status: 402 }) }),
    at('/refuses', {
      request: () => {
        throw new Failure('forbidden');
      },
    }),
    at('/nowhere', unchecked({ connect: () => undefined })),
    at('/elsewhere', unchecked({ connect: () => Promise.resolve('what') })),
  ];
  server = await serve({ services, port: 0, host: '127.0.0.1', signals: [], logger });
});
afterAll(() => server.stop());
beforeEach(() => {
  ran.splice(0);
  logger.lines.splice(0);
});

const sse = { Accept: 'text/event-stream' };
const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
const ways: readonly [string, Record<string, string>][] = [
  ['GET', {}],
  ['GET', sse],
  ['GET', upgrade],
  ['POST', { 'Content-Length': '0' }],
  ['PUT', { 'Content-Length': '0' }],
];

async function statuses(path: string): Promise<number[]> {
  const answers = await Promise.all(
    ways.map(([method, headers]) => requestOnce(server.port, `${method} ${path}`, headers)),
  );
  return answers.map(({ status }) => status);
}

const causes = (): string[] => logger.find('A request failed').map(({ fields }) => (fields['cause'] as Error).message);

describe('An interceptor that says nothing of a request', () => {
  it.each([
    ['/forgetful', 'Forgetful.request'],
    ['/slow', 'SlowForgetful.request'],
    ['/plain', 'request of the interceptor { request }'],
    ['/careless', 'Careless.request'],
    ['/impatient', 'Careless.request'],
  ])('lets nobody in at %s, and the log says what to do', async (path, name) => {
    expect(await statuses(path)).toEqual([500, 500, 500, 500, 500]);
    expect(ran).toEqual([]);
    expect(causes()).toEqual(
      ways.map(
        () =>
          `Guarded: ${name} neither called next nor answered; it must return next(exchange) to let a request pass, return an answer, or throw a Failure`,
      ),
    );
  });

  it('lets those in for whom it called next, at once or later, also when it does not repeat what next gave', async () => {
    for (const path of ['/forgetful?friend', '/slow?friend', '/patient']) {
      expect((await requestOnce(server.port, `PUT ${path}`, { 'Content-Length': '0' })).body).toBe('put');
      expect((await requestOnce(server.port, `GET ${path}`)).body).toBe('got');
    }
    expect(logger.find('A request failed')).toEqual([]);
  });

  it('is none that answers, or refuses', async () => {
    expect(await statuses('/answers')).toEqual([402, 402, 402, 402, 402]);
    expect(await statuses('/refuses')).toEqual([403, 403, 403, 403, 403]);
    expect(causes()).toEqual([]);
  });
});

describe('An interceptor that gives no resource for a connect', () => {
  it.each([
    ['/nowhere', 'connect of the interceptor { connect } gave undefined'],
    ['/elsewhere', 'connect of the interceptor { connect } gave a string'],
  ])('lets nobody in at %s, and the log says what to do', async (path, fault) => {
    for (const [method, headers] of [ways[1], ways[2], ways[3]] as [string, Record<string, string>][])
      expect((await requestOnce(server.port, `${method} ${path}`, headers)).status).toBe(500);
    expect(ran).toEqual([]);
    const mend = 'it must return what next(request) gives, or throw a Failure to refuse';
    expect(causes()).toEqual([1, 2, 3].map(() => `Guarded: ${fault}; ${mend}`));
  });

  it('is none that gives the one that is next', async () => {
    const seen: Resource[] = [];
    server.add(
      at('/noted', {
        connect: async (request, next) => {
          const resource = await next(request);
          seen.push(resource);
          return resource;
        },
      }),
    );
    expect((await requestOnce(server.port, 'POST /noted', { 'Content-Length': '0' })).status).toBe(200);
    expect(seen).toHaveLength(1);
  });
});

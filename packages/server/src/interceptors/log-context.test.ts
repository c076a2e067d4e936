import { App, Logger, ManagedService, Message, Ready, Resource, type Interceptor } from '@ionosphere/core';
import { connect, TestClock } from '@ionosphere/testing';
import { ConsoleLogger } from '../console-logger';
import { requestOnce } from '../raw-http.fixture';
import { serve } from '../serve';
import { logContext, LogContextInterceptor } from './log-context';

/** Said outside of any request: what the turn of the event loop is when nothing is handled. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a handler has begun goes on when this is called. */
let goOn: () => void;

@ManagedService('/room/{name}')
class Room {
  constructor(private readonly logger: Logger) {}

  @Ready() onReady(): void {
    this.logger.info('ready');
  }

  @Message() async onMessage(text: string, resource: Resource): Promise<void> {
    this.logger.info('begins', { text });
    void new Promise<void>((resolve) => (goOn = resolve)).then(() => this.logger.info('much later'));
    await turn();
    this.logger.info('ends', { text, uuid: resource.uuid === logContext()?.uuid });
  }
}

function logged(interceptors: readonly Interceptor[]) {
  const lines: string[] = [];
  const logger = new ConsoleLogger('debug', (line) => lines.push(line.replace(/^\S+ \w+ +/, '').trimEnd()));
  return { lines, options: { services: [Room], interceptors, logger } };
}

describe('LogContextInterceptor', () => {
  it('puts uuid, transport and broadcaster into every line that is written while something is handled', async () => {
    const { lines, options } = logged([new LogContextInterceptor()]);
    const app = new App({ ...options, clock: new TestClock() });
    const clients = [await connect(app, '/room/a'), await connect(app, '/room/b')];
    lines.splice(0);
    await Promise.all(clients.map((client, index) => client.send(`m${index}`)));
    const context = (index: number): string =>
      `"uuid":"${clients[index]?.uuid}","transport":"memory","broadcaster":"/room/${'ab'[index]}","text":"m${index}"`;
    expect(lines.filter((line) => !line.startsWith('much later'))).toEqual([
      `begins {${context(0)}}`,
      `begins {${context(1)}}`,
      `ends {${context(0).replace(/"uuid":"[^"]*"/, '"uuid":true')}}`,
      `ends {${context(1).replace(/"uuid":"[^"]*"/, '"uuid":true')}}`,
    ]);
  });

  it('covers events too, and nothing that only began while something was handled', async () => {
    const { lines, options } = logged([new LogContextInterceptor()]);
    const app = new App({ ...options, clock: new TestClock() });
    const client = await connect(app, '/room/a');
    expect(lines).toEqual([`ready {"uuid":"${client.uuid}","transport":"memory","broadcaster":"/room/a"}`]);
    await client.send('x');
    goOn();
    await turn();
    expect(lines.at(-1)).toBe('much later');
    expect(logContext()).toBeUndefined();
  });

  it('covers requests that do not get as far as a resource', async () => {
    const contexts: unknown[] = [];
    const spy: Interceptor = {
      request: (exchange, next) => {
        contexts.push(logContext());
        return next(exchange);
      },
      connect: (request, next) => {
        contexts.push(logContext());
        return next(request);
      },
    };
    const { options } = logged([new LogContextInterceptor(), spy]);
    const server = await serve({ ...options, port: 0, host: '127.0.0.1', signals: [] });
    await requestOnce(server.port, 'GET /room/a?X-Atmosphere-Transport=long-polling&X-atmo-protocol=true');
    await server.stop();
    const context = { transport: 'long-polling', broadcaster: '/room/a' };
    expect(contexts).toEqual([context, context]);
  });

  it('is not there unless it is named', async () => {
    const { lines, options } = logged([]);
    await connect(new App({ ...options, clock: new TestClock() }), '/room/a');
    expect(lines).toEqual(['ready']);
  });
});

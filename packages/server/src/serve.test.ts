import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import {
  Logger,
  ManagedService,
  Message,
  silentLogger,
  systemClock,
  type Clock,
  type LogFields,
} from '@ionosphere/core';
import { RawHttp, requestOnce } from './raw-http.fixture';
import { serve, type ServeOptions, type Server } from './serve';

let finish: () => void = () => undefined;

@ManagedService('/chat')
class Chat {
  @Message() onMessage(text: string): Promise<void> | string {
    return text === 'wait' ? new Promise<void>((resolve) => (finish = resolve)) : text;
  }
}

const running = new Set<Server>();

async function start(options: Partial<ServeOptions> = {}): Promise<Server> {
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Chat],
    logger: silentLogger,
    signals: [],
    ...options,
  });
  running.add(server);
  return server;
}

afterEach(async () => {
  for (const server of running) await server.stop({ deadlineSeconds: 0 });
  running.clear();
});

/** The clock on the wall, with a count of the calls that have yet to come. */
function countingClock(): Clock & { running: number } {
  const clock = {
    ...systemClock,
    running: 0,
    after(millis: number, fn: () => void) {
      clock.running++;
      const callOff = systemClock.after(millis, () => {
        clock.running--;
        fn();
      });
      return () => {
        clock.running--;
        callOff();
      };
    },
  };
  return clock;
}

/** Notes what it is told as information. */
class InfoLogger extends Logger {
  constructor(private readonly logged: string[]) {
    super();
  }

  info(message: string, fields?: LogFields): void {
    this.logged.push(`${message} ${JSON.stringify(fields)}`);
  }
  debug(): void {}
  warn(): void {}
  error(): void {}
}

/** The highest port of Linux that is for root alone; 0 where there is none: containers tend to guard none. */
function mostGuardedPort(): number {
  const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) - 1 : 0;
}

/** Gives up the rights of root meanwhile, if the test has them. */
async function asNobody(run: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe('A server that starts', () => {
  it('takes a free port, and says where it is', async () => {
    const server = await start();
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it.each([
    [undefined, '127.0.0.1', ',"host":"all addresses"'],
    ['0.0.0.0', '127.0.0.1', ',"host":"0.0.0.0"'],
    ['::', '[::1]', ',"host":"::"'],
    ['127.0.0.1', '127.0.0.1', ''],
    ['::1', '[::1]', ''],
    ['localhost', 'localhost', ''],
  ])('on the host %p says what it listens on, and a URL that can be opened', async (host, name, more) => {
    const logged: string[] = [];
    const server = await start({ host, logger: new InfoLogger(logged) });
    expect(server.url).toBe(`http://${name}:${server.port}`);
    expect(logged).toEqual([`Listening {"url":"${server.url}"${more}}`]);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it.each(['127.0.0.1', undefined])(
    'rejects in words when the port is taken, with the host %p, and leaves nothing running',
    async (host) => {
      const first = await start({ host });
      const clock = countingClock();
      const second = serve({ port: first.port, services: [Chat], logger: silentLogger, clock, ...(host && { host }) });
      const where = `Can't listen on ${host ?? 'all addresses'}, port ${first.port}`;
      await expect(second).rejects.toMatchObject({
        code: 'EADDRINUSE',
        message: `${where}: the port is in use, perhaps by an earlier run; end the program that has it (\`lsof -i :${first.port}\` tells which), or choose another one, or \`port: 0\` for any that is free`,
      });
      expect(clock.running).toBe(0);
      expect((await fetch(`${first.url}/health`)).status).toBe(200);
    },
  );

  it("rejects when the port is another program's", async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toThrow(`Can't listen on 127.0.0.1, port ${port}`);
    await new Promise((resolve) => other.close(resolve));
  });

  it.each<[string, string, string, string]>([
    ['an address that is not of this machine', '192.0.2.1', 'EADDRNOTAVAIL', 'this machine has no such address'],
    ['a host that nobody knows', 'no host', 'ENOTFOUND', 'no host of that name is known'],
  ])('rejects %s, and says what the host may be', async (_title, host, code, message) => {
    const refusal = {
      code,
      message: expect.stringContaining(`${host}, port 0: ${message}; \`host\` must be`) as string,
    };
    await expect(start({ host })).rejects.toMatchObject(refusal);
  });

  const guardedPort = mostGuardedPort();
  (guardedPort > 0 ? it : it.skip)('rejects a port that it may not use, and says which it may', async () => {
    const refusal = {
      code: 'EACCES',
      message: expect.stringContaining('may not use a port below 1024; choose one above, such as 8080') as string,
    };
    await asNobody(() => expect(start({ port: guardedPort })).rejects.toMatchObject(refusal));
  });

  it.each<[string, Partial<ServeOptions>, string]>([
    ['a setting', { config: { recoverySeconds: -1 } }, 'Setting recoverySeconds is -1'],
    ['an origin', { allowedOrigins: ['example.org'] }, 'allowedOrigins: "example.org" is no origin'],
    ['a service', { services: [class Plain {}] }, 'Plain was given as a service but has no @ManagedService'],
    ['a folder to scan', { scan: 'no/such/folder' }, 'scan: the folder "no/such/folder" can\'t be read'],
    ['a certificate', { tls: { key: 'no/key.pem', cert: 'no/cert.pem' } }, 'tls.key: "no/key.pem" can\'t be read'],
  ])('rejects when %s is wrong', async (_title, options, message) => {
    const clock = countingClock();
    await expect(start({ ...options, clock })).rejects.toThrow(message);
    expect(clock.running).toBe(0);
  });

  it('takes a service once that is both listed and given twice', async () => {
    const server = await start({ services: [Chat, Chat] });
    expect(server.app.serves('/chat')).toBe(true);
  });
});

describe('/health', () => {
  it('says that the server is up, and how much there is', async () => {
    const server = await start();
    const { status, headers, body } = await requestOnce(server.port, 'GET /health');
    expect([status, JSON.parse(body)]).toEqual([200, { status: 'up', resources: 0, broadcasters: 1 }]);
    expect(headers.get('content-type')).toEqual(['application/json; charset=utf-8']);
    expect(await requestOnce(server.port, 'HEAD /health')).toMatchObject({ status: 200 });
  });

  it('says that the server stops, to those that are still connected, while handlers finish', async () => {
    const server = await start();
    const [keeper, poster] = [new RawHttp(server.port), new RawHttp(server.port)];
    expect(await keeper.request('GET /health')).toMatchObject({ status: 200 });
    const posted = poster.request('POST /chat', {}, 'wait');
    await keeper.request('POST /chat', {}, 'hi');
    const stopped = server.stop();
    const { status, body } = await keeper.request('GET /health');
    expect([status, JSON.parse(body)]).toMatchObject([503, { status: 'stopping' }]);
    expect(await keeper.request('POST /chat', {}, 'late')).toMatchObject({ status: 503 });
    finish();
    expect(await posted).toMatchObject({ status: 200 });
    await stopped;
    await keeper.until('nothing: the server ends the connection');
    expect(keeper.ended).toBe(true);
    await poster.destroy();
  });
});

describe('A server that stops', () => {
  it('stops once, however often it is asked, and frees its port', async () => {
    const server = await start();
    const [first, second] = [server.stop(), server.stop({ deadlineSeconds: 1 })];
    expect(second).toBe(first);
    await first;
    await server.stop();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
    expect((await start({ port: server.port })).port).toBe(server.port);
  });

  it('ends its timers and its connections', async () => {
    const clock = countingClock();
    const server = await start({ clock });
    const idle = new RawHttp(server.port);
    await idle.request('GET /health');
    expect(clock.running).toBe(1);
    await server.stop();
    await idle.until('nothing');
    expect([clock.running, idle.ended]).toEqual([0, true]);
  });

  it('says in the log where it listens, and on a signal that it stops; it removes its listeners, so that a second signal ends the process', async () => {
    const logged: string[] = [];
    const before = process.listenerCount('SIGUSR2');
    const server = await start({ signals: ['SIGUSR2'], logger: new InfoLogger(logged) });
    expect(process.listenerCount('SIGUSR2')).toBe(before + 1);
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(process.listenerCount('SIGUSR2')).toBe(before);
    await server.stop();
    expect(logged).toEqual([`Listening {"url":"${server.url}"}`, 'Stopping {"signal":"SIGUSR2"}']);
  });

  it('by hand removes its listeners too; those of another server stay', async () => {
    const before = process.listenerCount('SIGUSR2');
    const [first] = [await start({ signals: ['SIGUSR2'] }), await start({ signals: ['SIGUSR2'] })];
    await first.stop();
    expect(process.listenerCount('SIGUSR2')).toBe(before + 1);
  });

  it('listens to SIGTERM and SIGINT by default', async () => {
    const count = (): number[] => ['SIGTERM', 'SIGINT'].map((signal) => process.listenerCount(signal));
    const [before] = [count()];
    const server = await start({ signals: undefined });
    expect(count()).toEqual(before.map((listeners) => listeners + 1));
    await server.stop();
    expect(count()).toEqual(before);
  });
});

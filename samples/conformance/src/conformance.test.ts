import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { connect } from '@ionosphere/grpc';
import type { FailureMessage } from '@ionosphere/server';
import { generate } from 'selfsigned';
import { WebSocket } from 'ws';
import type { RecordedEvent } from './event-record';

const program = join(__dirname, '..', 'dist', 'main.js');
const started = new Set<ChildProcess>();

/** Starts the built program; gives its first line and, out of that, its address. */
async function start(...args: string[]): Promise<{ line: string; url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [program, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.add(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { line, url: line.replace(/^ready /, ''), process: child };
}

async function stop(child: ChildProcess): Promise<number | null> {
  started.delete(child);
  if (child.exitCode !== null) return child.exitCode;
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGTERM');
  return (await ended)[0];
}

/** A WebSocket that keeps what it gets. */
class Peer {
  readonly messages: (string | Buffer)[] = [];
  readonly #socket: WebSocket;

  private constructor(url: string) {
    this.#socket = new WebSocket(url.replace('http', 'ws'), { rejectUnauthorized: false });
    this.#socket.on('message', (data: Buffer, binary) => {
      this.messages.push(binary ? data : data.toString());
      this.#socket.emit('kept');
    });
  }

  static async open(url: string): Promise<Peer> {
    const peer = new Peer(url);
    await once(peer.#socket, 'open');
    return peer;
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  send(message: string | Buffer): void {
    this.#socket.send(message);
  }

  async next(): Promise<string | Buffer> {
    if (this.messages.length === 0) await once(this.#socket, 'kept');
    return this.messages.shift() ?? '';
  }

  async close(): Promise<number> {
    const closed = once(this.#socket, 'close') as Promise<[number]>;
    this.#socket.close();
    return (await closed)[0];
  }

  async closed(): Promise<number> {
    return ((await once(this.#socket, 'close')) as [number])[0];
  }

  vanish(): void {
    this.#socket.terminate();
  }
}

const events = async (url: string, since: number | string = 0): Promise<RecordedEvent[]> =>
  (await fetch(`${url}/-/events?since=${since}`)).json() as Promise<RecordedEvent[]>;

/** Asks until such an event is told. */
async function event(url: string, since: number, type: RecordedEvent['type'], path: string): Promise<RecordedEvent> {
  for (const deadline = Date.now() + 5000; Date.now() < deadline;) {
    const found = (await events(url, since)).find((told) => told.type === type && told.path === path);
    if (found) return found;
  }
  throw new Error(`no ${type} at ${path}; there were ${JSON.stringify(await events(url, since))}`);
}

const lastSeq = async (url: string): Promise<number> => (await events(url)).at(-1)?.seq ?? 0;

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

afterAll(async () => {
  await Promise.all([...started].map(stop));
});

describe('the conformance server', () => {
  let url = '';

  beforeAll(async () => {
    ({ url } = await start('--client-heartbeat-seconds', '20', '--recovery-seconds', '0.05', '--limits'));
  });

  test('answers /echo to the sender alone and /fan to all', async () => {
    const [echo, bystander] = [await Peer.open(`${url}/echo`), await Peer.open(`${url}/echo`)];
    echo.send('hello|😀\r\n');
    expect(await echo.next()).toBe('hello|😀\r\n');
    expect(bystander.messages).toEqual([]);

    const fans = await Promise.all([Peer.open(`${url}/fan`), Peer.open(`${url}/fan`)]);
    fans[0].send('to all');
    expect(await Promise.all(fans.map((fan) => fan.next()))).toEqual(['to all', 'to all']);
    await Promise.all([echo, bystander, ...fans].map((peer) => peer.close()));
  });

  test('keeps the rooms of /room/{room} apart', async () => {
    const open = (room: string): Promise<Peer> => Peer.open(`${url}/room/${room}`);
    const [red, alsoRed, blue] = [await open('red'), await open('red'), await open('blue')];
    red.send('for red');
    expect([await red.next(), await alsoRed.next()]).toEqual(['for red', 'for red']);
    blue.send('for blue');
    expect(await blue.next()).toBe('for blue');
    await Promise.all([red, alsoRed, blue].map((peer) => peer.close()));
  });

  test('adds the time to a /chat message, and refuses one that is not valid', async () => {
    const peer = await Peer.open(`${url}/chat`);
    const before = Date.now();
    peer.send('{"author":"Ada","message":"hi"}');
    const { time, ...rest } = JSON.parse(String(await peer.next()));
    expect(rest).toEqual({ author: 'Ada', message: 'hi' });
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());

    const since = await lastSeq(url);
    for (const [author, message] of [
      ['', 'x'],
      ['x'.repeat(41), 'x'],
      ['x', ''],
      ['x', 'x'.repeat(501)],
    ]) {
      peer.send(JSON.stringify({ author, message }));
      expect(JSON.parse(String(await peer.next())).error.code).toBe('invalid-message');
    }
    expect(await event(url, since, 'error', '/chat')).toMatchObject({
      type: 'error',
      path: '/chat',
      transport: 'websocket',
    });
    await peer.close();
  });

  test('sends the bytes of /bin back as they are', async () => {
    const peer = await Peer.open(`${url}/bin`);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    peer.send(bytes);
    expect(await peer.next()).toEqual(bytes);
    await peer.close();
  });

  test('sends the frames of /ws-echo back as they are, large ones too, compressed where the client can', async () => {
    const peer = await Peer.open(`${url}/ws-echo`);
    expect(peer.extensions).toContain('permessage-deflate');
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'ab');
    for (const message of ['|text\r\n', '', bytes, Buffer.alloc(0), 'x'.repeat(2_000_000)]) {
      peer.send(message);
      const answer = await peer.next();
      // Jest would compare megabytes byte by byte, for seconds.
      expect([typeof answer, Buffer.from(answer as string).equals(Buffer.from(message as string))]).toEqual([
        typeof message,
        true,
      ]);
    }
    await peer.close();
  });

  test('tells what happened to a resource, numbered, with flags that are booleans', async () => {
    const since = await lastSeq(url);
    const peer = await Peer.open(`${url}/echo?X-atmo-protocol=true`);
    const ready = await event(url, since, 'ready', '/echo');
    const none = {
      isCancelled: false,
      isClosedByClient: false,
      isClosedByApplication: false,
      isResumedOnTimeout: false,
      gap: false,
      recovered: false,
    };
    const resource = { path: '/echo', uuid: expect.stringMatching(/^[\da-f-]{36}$/), transport: 'websocket' };
    expect(ready).toEqual({ seq: since + 1, type: 'ready', ...resource, flags: none });
    expect(await peer.next()).toBe(`${ready.uuid}|20000|X|`);

    peer.send('X');
    expect(await event(url, since, 'heartbeat', '/echo')).toMatchObject({
      seq: since + 2,
      uuid: ready.uuid,
      flags: none,
    });
    expect(peer.messages).toEqual([]);

    await peer.close();
    const left = await event(url, since, 'disconnect', '/echo');
    expect(left).toMatchObject({ seq: since + 3, uuid: ready.uuid, flags: { ...none, isClosedByClient: true } });
    expect(await events(url, since + 2)).toEqual([left]);

    const lost = await Peer.open(`${url}/echo`);
    lost.vanish();
    expect((await event(url, left.seq, 'disconnect', '/echo')).flags).toEqual({ ...none, isCancelled: true });
  });

  test('broadcasts, sends and closes from outside', async () => {
    const since = await lastSeq(url);
    const [one, other] = [await Peer.open(`${url}/fan`), await Peer.open(`${url}/fan`)];
    const [{ uuid }] = (await events(url, since)) as [RecordedEvent];

    expect((await post(`${url}/-/broadcast`, { path: '/fan', message: 'a|b' })).status).toBe(200);
    expect([await one.next(), await other.next()]).toEqual(['a|b', 'a|b']);
    expect((await post(`${url}/-/broadcast`, { path: '/fan', message: { json: [1] } })).status).toBe(200);
    expect([await one.next(), await other.next()]).toEqual(['{"json":[1]}', '{"json":[1]}']);
    expect((await post(`${url}/-/broadcast`, { path: '/room/empty', message: 'x' })).status).toBe(200);

    expect((await post(`${url}/-/send`, { uuid, message: 'you alone' })).status).toBe(200);
    expect(await one.next()).toBe('you alone');

    const closed = one.closed();
    expect((await post(`${url}/-/close`, { uuid })).status).toBe(200);
    expect(await closed).toBe(1000);
    expect((await event(url, since, 'disconnect', '/fan')).flags.isClosedByApplication).toBe(true);
    expect(other.messages).toEqual([]);
    await other.close();
  });

  test.each<[string, string, unknown, number, string]>([
    ['no JSON', '/-/broadcast', '{"path":', 400, 'malformed-message'],
    ['JSON that is no object', '/-/send', '"uuid"', 400, 'bad-request'],
    ['no path', '/-/broadcast', { message: 'x' }, 400, 'bad-request'],
    ['no message', '/-/broadcast', { path: '/fan' }, 400, 'bad-request'],
    ['a path that is no text', '/-/broadcast', { path: 1, message: 'x' }, 400, 'bad-request'],
    ['a path without a service', '/-/broadcast', { path: '/nowhere', message: 'x' }, 404, 'not-found'],
    ['no uuid', '/-/close', {}, 400, 'bad-request'],
    ['an unknown uuid to send to', '/-/send', { uuid: 'nobody', message: 'x' }, 404, 'unknown-resource'],
    ['an unknown uuid to close', '/-/close', { uuid: 'nobody' }, 404, 'unknown-resource'],
  ])('refuses %s', async (_what, path, body, status, code) => {
    const response = await post(url + path, body);
    expect([response.status, ((await response.json()) as FailureMessage).error.code]).toEqual([status, code]);
  });

  test.each(['x', '-1', '1.5', '%20'])('refuses events since "%s"', async (since) => {
    expect((await fetch(`${url}/-/events?since=${since}`)).status).toBe(400);
  });
});

test('it prints its address alone, and ends by itself on SIGTERM while clients are connected', async () => {
  const { line, url, process: child } = await start();
  expect(line).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+$/);
  const peer = await Peer.open(`${url}/echo`);
  const closed = peer.closed();
  expect(await stop(child)).toBe(0);
  expect(await closed).toBe(1012);
});

test('it serves the same over gRPC with --grpc-port', async () => {
  const child = spawn(process.execPath, [program, '--port', '0', '--grpc-port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.add(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const url = String((await lines.next()).value).replace(/^ready /, '');
  const address = String((await lines.next()).value).replace(/^grpc /, '');
  expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  const client = connect(`http://${address}/fan`);
  const heard = new Promise((resolve) => client.on('message', resolve));
  const peer = await Peer.open(`${url}/fan`);
  await event(url, 0, 'ready', '/fan');
  peer.send('from a WebSocket');
  expect(await heard).toBe('from a WebSocket');
  expect(await peer.next()).toBe('from a WebSocket');
  await client.close();
  expect((await event(url, 0, 'disconnect', '/fan')).transport).toBe('grpc');
  expect(await stop(child)).toBe(0);
});

test('it takes the limit of a message from the command line', async () => {
  const { url } = await start('--max-message-bytes', '10');
  const peer = await Peer.open(`${url}/echo`);
  peer.send('x'.repeat(10));
  expect(await peer.next()).toBe('x'.repeat(10));
  const closed = peer.closed();
  peer.send('x'.repeat(11));
  expect(JSON.parse(String(await peer.next())).error.code).toBe('message-too-large');
  expect(await closed).toBe(1009);
});

test('it serves over TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ionosphere-conformance-'));
  try {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
    writeFileSync(join(folder, 'key.pem'), key);
    writeFileSync(join(folder, 'cert.pem'), cert);
    const { line, url } = await start('--tls-key', join(folder, 'key.pem'), '--tls-cert', join(folder, 'cert.pem'));
    expect(line).toMatch(/^ready https:\/\/127\.0\.0\.1:\d+$/);
    const peer = await Peer.open(`${url}/echo`);
    peer.send('secret');
    expect(await peer.next()).toBe('secret');
    const status = await new Promise((resolve, reject) => {
      const asked = httpsRequest(`${url}/-/events`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(200);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each<[string[], RegExp]>([
  [['--prot', '9100'], /Unknown option '--prot'/],
  [['--port', 'x'], /--port is "x"/],
  [['--port', '70000'], /--port is "70000"/],
  [['--grpc-port', 'y'], /--grpc-port is "y"/],
  [['--recovery-seconds', '-1'], /./],
  [['--heartbeat-seconds', 'often'], /--heartbeat-seconds is "often"/],
  [['--tls-key', 'key.pem'], /--tls-key and --tls-cert/],
  [['--tls-key', 'no.pem', '--tls-cert', 'no.pem'], /no\.pem/],
])('it refuses %p in one line', async (args, problem) => {
  const run = promisify(execFile)(process.execPath, [program, ...args]);
  const { code, stdout, stderr } = (await run.catch((error: unknown) => error)) as Record<string, unknown>;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^conformance: [^\n]+\n$/);
  expect(stderr).toMatch(problem);
});

test('it explains its options', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--help']);
  expect(stdout).toMatch(/--poll-grace-seconds[^]*--limits.*an open server/);
});

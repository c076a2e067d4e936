import { connect, type Socket } from 'node:net';
import { Program } from './child.fixture';
import { Client, transports } from './client.fixture';
import { Journal } from './journal.fixture';
import { RawSocket } from './raw.fixture';
import { TestServer } from './server.fixture';
import { Trouble } from './services.fixture';

/** A connection that was there before the stop; what comes back over it. */
class KeptConnection {
  readonly answers = new Journal<string>();
  readonly #socket: Socket;

  constructor(private readonly port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => this.answers.push(chunk.toString()));
    this.#socket.on('error', () => undefined);
  }

  async get(target: string): Promise<string> {
    const count = this.answers.length;
    this.#socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n\r\n`);
    await this.answers.until((answers) => answers.length > count, 'an answer');
    return this.answers.entries[count] ?? '';
  }

  close(): void {
    this.#socket.destroy();
  }
}

function refused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(false));
    socket.on('error', () => resolve(true));
    socket.on('connect', () => socket.destroy());
  });
}

afterEach(() => Client.closeAll());

describe('server.stop()', () => {
  it('ends listening, lets handlers finish and answer, tells every client, and @Disconnect is called', async () => {
    const server = await TestServer.start();
    const health = new KeptConnection(server.port);
    expect(await health.get('/health')).toContain('"status":"up"');
    const clients = await Promise.all(
      transports.map((transport) => Client.open(`${server.url}/trouble`, { transport, track: true })),
    );
    await server.pollHeld('/trouble');
    const socket = await RawSocket.open(`${server.url}/trouble`);
    socket.send('wait');
    const post = fetch(`${server.url}/trouble`, { method: 'POST', body: 'wait' });
    clients[1]?.push('wait');
    await Trouble.pending.until((orders) => orders.length === 3, 'three handlers run');
    const stopped = server.server.stop({ deadlineSeconds: 5 });
    expect(await health.get('/health')).toMatch(/^HTTP\/1\.1 503[^]*"status":"stopping"/);
    expect(await refused(server.port)).toBe(true);
    expect(await health.get('/trouble?X-Atmosphere-Transport=sse')).toMatch(/^HTTP\/1\.1 503[^]*"code":"stopping"/);
    Trouble.release();
    await stopped;
    expect(await (await post).text()).toBe('waited');
    await socket.ended.until((codes) => codes.length === 1, 'the end of the WebSocket');
    expect([socket.messages.entries, socket.ended.entries]).toEqual([['waited'], [1012]]);
    for (const client of clients) await client.events.until(() => client.count('close') === 1, 'close');
    expect(clients[0]?.events.entries.at(-1)?.detail).toMatchObject({ status: 1012 });
    expect(clients.map(({ text }) => text)).toEqual(['', 'waited', '', '']);
    expect(server.happenings.of('disconnect').map(({ flags }) => flags)).toEqual(
      Array.from({ length: 5 }, () => ['isClosedByApplication']),
    );
    health.close();
  });
});

describe('SIGTERM', () => {
  let program: Program;
  afterEach(() => program.end());

  it('lets a handler finish and answer, tells the clients, and the process exits by itself', async () => {
    program = await Program.start('program.mjs', '5');
    const socket = await RawSocket.open(`${program.url}/slow`);
    const stream = await Client.open(`${program.url}/slow`, { transport: 'streaming', track: true });
    const poll = await Client.open(`${program.url}/slow`, { transport: 'long-polling', track: true });
    expect(await socket.ask('are you there?')).toBe('Hello from the root container, are you there?');
    socket.send('slow');
    stream.push('slow');
    await program.output.until(() => program.text.split('began slow').length === 3, 'two handlers run');
    program.signal('SIGTERM');
    const start = Date.now();
    expect(await program.exited()).toBe(0);
    expect(Date.now() - start).toBeLessThan(3000);
    await socket.ended.until((codes) => codes.length === 1, 'the end of the WebSocket');
    expect(socket.ended.entries).toEqual([1012]);
    expect(socket.messages.entries.at(-1)).toBe('answered');
    expect(stream.messages.entries).toEqual(['answered']);
    for (const client of [stream, poll]) await client.events.until(() => client.count('close') === 1, 'close');
  });

  it('ends the process within the deadline, also when a handler never returns', async () => {
    program = await Program.start('program.mjs', '0.5');
    const socket = await RawSocket.open(`${program.url}/slow`);
    socket.send('hang');
    const post = fetch(`${program.url}/slow`, { method: 'POST', body: 'hang' }).then(
      () => 'answered',
      () => 'broken off',
    );
    await program.output.until(() => program.text.split('began hang').length === 3, 'two handlers run');
    program.signal('SIGTERM');
    const start = Date.now();
    expect(await program.exited()).toBe(0);
    expect(Date.now() - start).toBeLessThan(2500);
    await socket.ended.until((codes) => codes.length === 1, 'the end of the WebSocket');
    expect(socket.ended.entries).toEqual([1012]);
    expect(await post).toBe('broken off');
  });
});

import { spawn, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

const CONNECTIONS = 2000;

/**
 * How much of the heap an idle connection may take, in bytes: raw uWebSockets.js takes about 60 with a WebSocket and 160 with
 * an event stream, and the framework at most a kilobyte more.
 */
const MOST = { websocket: 60 + 1024, sse: 160 + 1024 };

/** Code is memory, too: compiled in the midst of a measurement, or thrown away in it, it would be counted. */
const measurable = [
  '--expose-gc',
  '--no-opt',
  '--no-sparkplug',
  '--no-flush-bytecode',
  '--no-lazy-feedback-allocation',
];

const protocol = 'X-Atmosphere-Framework=5.0.7&X-Atmosphere-TrackMessageSize=true&X-atmo-protocol=true';

const browser = [
  'Host: 127.0.0.1',
  'Cache-Control: no-cache',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9,de;q=0.8',
];

function requestOf(transport: keyof typeof MOST, number: number): string {
  const key = Buffer.alloc(16, `${number}`).toString('base64');
  const own =
    transport === 'sse'
      ? ['Accept: text/event-stream']
      : ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`];
  const target = `/idle?X-Atmosphere-Transport=${transport}&${protocol}`;
  return [`GET ${target} HTTP/1.1`, ...browser, ...own, '', ''].join('\r\n');
}

/** A server in a process of its own, whose heap can be measured. */
class MeasuredServer {
  readonly #sockets: Socket[] = [];

  private constructor(
    private readonly process: ChildProcess,
    private readonly lines: Interface,
    private readonly port: number,
  ) {}

  static async start(): Promise<MeasuredServer> {
    const process = spawn(global.process.execPath, [...measurable, join(__dirname, 'idle-memory.mjs')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface(process.stdout);
    const [, url = ''] = (await nextLine(lines)).split(' ');
    return new MeasuredServer(process, lines, Number(new URL(url).port));
  }

  /** Opens connections of atmosphere.js's shape, and waits until each has its handshake. */
  async open(transport: keyof typeof MOST, count: number): Promise<void> {
    // Not all at once: they would not fit into the queue of the socket that listens.
    for (let opened = 0; opened < count; opened += 100)
      await Promise.all(Array.from({ length: 100 }, (_, i) => this.#open(requestOf(transport, opened + i))));
  }

  /** What lives on the heap, in bytes, when that many resources are there. */
  async heap(resources: number): Promise<number> {
    const line = nextLine(this.lines);
    this.process.stdin?.write('\n');
    const [, bytes, count] = (await line).split(' ').map(Number);
    expect(count).toBe(resources);
    return bytes ?? NaN;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.process.kill('SIGKILL');
  }

  #open(request: string): Promise<void> {
    const socket = connect(this.port, '127.0.0.1', () => socket.write(request));
    this.#sockets.push(socket);
    let text = '';
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('|0|X|')) resolve();
      });
      socket.on('close', () => reject(new Error(`the server has ended the connection: ${text}`)));
    });
  }
}

function nextLine(lines: Interface): Promise<string> {
  return new Promise((resolve) => lines.once('line', resolve));
}

describe('An idle connection', () => {
  it.each(['websocket', 'sse'] as const)(
    'of %s takes little memory',
    async (transport) => {
      const server = await MeasuredServer.start();
      try {
        // What is made once is there by then. Each step doubles the number, and so what tables have grown by.
        const heaps: number[] = [];
        for (const [more, all] of [
          [CONNECTIONS, CONNECTIONS],
          [CONNECTIONS, 2 * CONNECTIONS],
          [2 * CONNECTIONS, 4 * CONNECTIONS],
        ] as const) {
          await server.open(transport, more);
          heaps.push(await server.heap(all));
        }
        const [first = NaN, second = NaN, third = NaN] = heaps;
        // What disturbs a measurement makes it larger: the least is the nearest.
        const each = Math.min((second - first) / CONNECTIONS, (third - second) / (2 * CONNECTIONS));
        expect(each).toBeGreaterThan(200);
        expect(each).toBeLessThan(MOST[transport]);
      } finally {
        server.stop();
      }
    },
    60_000,
  );
});

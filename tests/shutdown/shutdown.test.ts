import { Program } from '../child.fixture';
import { Client } from '../client.fixture';
import { RawSocket } from '../raw.fixture';
import { TestServer } from '../server.fixture';
import { PollClient, SocketClient, StreamClient, type CrowdClient } from './crowd.fixture';

const EACH = 200;
const SENT = Array.from({ length: 20 }, (_, number) => number);

describe('A server with a thousand clients that stops', () => {
  const deadlineSeconds = 4;
  let program: Program;
  let sockets: SocketClient[];
  const clients = new Map<string, CrowdClient[]>();
  let seconds = 0;
  let code: number | string;

  beforeAll(async () => {
    program = await Program.start('shutdown/program.mjs', String(deadlineSeconds));
    const port = Number(new URL(program.url).port);
    const make = <T extends CrowdClient>(name: string, one: (index: number) => T): T[] => {
      const all = Array.from({ length: EACH }, (_, index) => one(index));
      clients.set(name, all);
      return all;
    };
    sockets = make('WebSocket', (index) => new SocketClient(port, index % 2 === 0));
    make('SSE', () => new StreamClient(port, 'sse'));
    make('streaming', () => new StreamClient(port, 'streaming'));
    make('long-polling', () => new PollClient(port));
    make('long-polling of atmosphere.js', () => new PollClient(port, '5.0.7'));
    await program.output.until(() => program.text.includes(`ready-clients ${5 * EACH}.`), 'all are connected', 30_000);
    sockets[0]?.send('never');
    await program.output.until(() => program.text.includes('began never'), 'a handler that never returns');
    const begun = Date.now();
    program.signal('SIGTERM');
    code = await program.exited();
    seconds = (Date.now() - begun) / 1000;
    await Promise.all([...clients.values()].flat().map(({ over }) => over));
  }, 60_000);
  afterAll(() => program.end());

  it('exits by itself, although a handler never returns', () => {
    expect(code).toBe(0);
    expect(program.text).toContain('\nstopped\n');
    // In all: the deadline, and what a slow machine needs for the rest.
    expect(seconds).toBeLessThan(deadlineSeconds + 10);
  });

  it('loses nothing of what was broadcast before, on any transport', () => {
    const wrong = [...clients].map(([name, all]) => {
      const lost = all.filter(({ messages }) => messages.join() !== SENT.join());
      return [name, lost.length, lost[0]?.messages.join() ?? ''];
    });
    expect(wrong).toEqual([...clients.keys()].map((name) => [name, 0, '']));
  });

  it('waits for @Disconnect of all but the one whose handler never returned, and then for onDestroy', () => {
    expect(program.text).toContain(`destroying after ${5 * EACH - 1} disconnects\ndestroyed\nstopped`);
  });

  it('tells each WebSocket to come back, each at a time of its own', () => {
    expect(new Set(sockets.map(({ end }) => end))).toEqual(new Set(['1012 The server is stopping. retry-after=']));
    expectSpread(sockets, EACH / 2);
  });

  it('tells each EventSource when to come back, and ends the streams', () => {
    const events = clients.get('SSE') ?? [];
    expect(new Set(events.map(({ end }) => end))).toEqual(new Set(['sse ended']));
    expectSpread(events, EACH / 2);
    expect(new Set(clients.get('streaming')?.map(({ end }) => end))).toEqual(new Set(['streaming ended']));
  });

  it('answers polls with 503 and a time to come back; those that had begun are ended, and the next is answered so', () => {
    for (const name of ['long-polling', 'long-polling of atmosphere.js']) {
      const polls = clients.get(name) ?? [];
      expect(new Set(polls.map(({ end }) => end))).toEqual(new Set(['503']));
      // Whole seconds.
      expectSpread(polls, 2);
    }
  });

  function expectSpread(all: readonly CrowdClient[], values: number): void {
    const times = all.map(({ retryAfterSeconds = NaN }) => retryAfterSeconds);
    expect(times.filter((time) => !(time >= 2 && time <= 4))).toEqual([]);
    expect(new Set(times).size).toBeGreaterThanOrEqual(values);
  }
});

describe('server.stop()', () => {
  afterEach(() => Client.closeAll());

  it('with a notice says on /health that it is not ready, while it still takes connections', async () => {
    const server = await TestServer.start();
    const health = async (): Promise<number> => (await fetch(`${server.url}/health`)).status;
    expect(await health()).toBe(200);
    const stopped = server.server.stop({ noticeSeconds: 2, retryAfterSeconds: 0 });
    expect(await health()).toBe(503);
    const socket = await RawSocket.open(`${server.url}/echo`);
    expect(await socket.ask('hello')).toBe('hello');
    expect(socket.ended.entries).toEqual([]);
    await stopped;
    await socket.ended.until((codes) => codes.length === 1, 'the end of the WebSocket');
    await expect(health()).rejects.toThrow();
  });

  it('that is told nonsense is refused', async () => {
    const server = await TestServer.start();
    expect(() => server.server.stop({ deadlineSeconds: -1 })).toThrow(
      'stop: deadlineSeconds is -1; it must be a number from 0',
    );
    await server.stop();
  });
});

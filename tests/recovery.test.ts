import { parseHandshake, parsePositioned } from '@ionosphere/protocol';
import type { Browser, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { findBrowser, launch } from './browser.fixture';
import { eventually, Journal } from './journal.fixture';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

let server: TestServer;
let proxy: Proxy;

beforeAll(async () => {
  server = await TestServer.start({ config: { slowClientSeconds: 60 } });
});

beforeEach(async () => {
  proxy = await Proxy.start(server.port);
});

afterEach(() => proxy.stop());
afterAll(() => server.stop());

/** Lets the server write messages into connections that are dead, which nobody knows yet. */
async function intoTheVoid(path: string, ...messages: string[]): Promise<void> {
  proxy.blackhole();
  server.broadcast(path, ...messages);
  // What is written at the end of the turn must be on its way before the connections are cut.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  proxy.heal();
}

const readies = (path: string): string[] => server.happenings.of('ready', path).map(({ flags }) => flags.join());

/** What the test puts into the page. */
interface InPage {
  readonly state: { readonly seen: string[]; readonly opened: number };
  readonly source: EventSource;
}

const found = findBrowser();
const describeInBrowser = 'reason' in found ? describe.skip : describe;

describeInBrowser('A plain EventSource of Chromium', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    if ('reason' in found) return;
    browser = await launch(found);
    page = await browser.newPage();
  }, 60_000);

  afterAll(() => browser.close());

  it('that lost its connection gets every message once, in order, as the same resource, without a line of code', async () => {
    const path = '/room/event-source';
    await page.goto(`${proxy.url}/health`);
    await page.evaluate((url) => {
      const state = { seen: [] as string[], opened: 0 };
      const source = new EventSource(url);
      source.onmessage = ({ data }) => state.seen.push(String(data));
      source.onopen = () => state.opened++;
      Object.assign(globalThis, { state, source });
    }, `${proxy.url}${path}`);
    const opened = (times: number): Promise<unknown> =>
      page.waitForFunction((count) => (globalThis as unknown as InPage).state.opened === count, times);
    const seen = (): Promise<string[]> => page.evaluate(() => (globalThis as unknown as InPage).state.seen);
    await opened(1);
    // Lost before its first message, it has no other id than the one that the stream began with.
    for (const [round, messages] of [['a'], ['b', 'c'], ['d']].entries()) {
      await intoTheVoid(path, ...messages);
      proxy.cut();
      await opened(round + 2);
    }
    server.broadcast(path, 'live');
    await page.waitForFunction(() => (globalThis as unknown as InPage).state.seen.includes('live'));
    expect(await seen()).toEqual(['a', 'b', 'c', 'd', 'live']);
    expect(readies(path)).toEqual(['', 'recovered', 'recovered', 'recovered']);
    expect(new Set(server.happenings.of('ready', path).map(({ uuid }) => uuid)).size).toBe(1);
    await page.evaluate(() => (globalThis as unknown as InPage).source.close());
  }, 40_000);
});

/** A client with positions, as short as it gets. */
class Positioned {
  readonly messages = new Journal<string>();
  #socket: WebSocket | undefined;
  #id = '0';
  #epoch = '';
  #sequence = -1;

  constructor(private readonly url: string) {}

  get socket(): WebSocket {
    if (!this.#socket) throw new Error('not connected');
    return this.#socket;
  }

  async connect(): Promise<void> {
    const position = this.#epoch && `${this.#epoch}.${this.#sequence}`;
    const query = `X-Atmosphere-tracking-id=${this.#id}&X-atmo-protocol=true&X-Ionosphere-Position=${position}`;
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}?${query}`);
    this.#socket = socket;
    const greeted = new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (data: Buffer) => {
        this.#take(data.toString());
        resolve();
      });
    });
    await greeted;
    socket.on('error', () => undefined);
  }

  #take(text: string): void {
    const message = parsePositioned(text);
    if (message) {
      this.#sequence = message.sequence;
      this.messages.push(String(message.payload));
    } else if (text.includes('|')) {
      const { uuid, position } = parseHandshake(text) ?? { uuid: '' };
      this.#id = uuid;
      if (position && position.epoch !== this.#epoch) this.#sequence = position.sequence;
      this.#epoch = position?.epoch ?? '';
    } else {
      this.messages.push(text);
    }
  }
}

describe('A client with positions over WebSocket', () => {
  it('gets every message once, in order, also what was written into a connection that was dead', async () => {
    const path = '/room/positions';
    const client = new Positioned(proxy.url + path);
    await client.connect();
    server.broadcast(path, 'a');
    await client.messages.until((messages) => messages.includes('a'), 'the first message');
    await intoTheVoid(path, 'b', 'c');
    proxy.cut();
    server.broadcast(path, 'd');
    await client.connect();
    server.broadcast(path, 'e');
    await client.messages.until((messages) => messages.includes('e'), 'the last message');
    expect(client.messages.entries).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(readies(path)).toEqual(['', 'recovered']);
    client.socket.terminate();
  });
});

describe('A client that polls', () => {
  it('gets what was said in a room until it had to leave, although the room went away between two polls', async () => {
    const poll = async (id: string): Promise<string> => {
      const query = `X-Atmosphere-tracking-id=${id}&X-Atmosphere-Transport=long-polling&X-atmo-protocol=true`;
      return (await fetch(`${server.url}/room/poller?${query}&X-Atmosphere-TrackMessageSize=true`)).text();
    };
    const { uuid = '' } = parseHandshake((await poll('0')).replace(/^\d+\|/, '')) ?? {};
    const { rooms, resources } = server.server.app;
    const resource = resources.find(uuid);
    if (!resource) throw new Error('the client is not known');
    const room = rooms.room('lobby');
    room.join(resource);
    room.broadcast('You have to leave.');
    room.leave(resource);
    expect(rooms.exists('lobby')).toBe(false);
    resource.send('own');
    expect(await poll(uuid)).toBe('18|You have to leave.3|own');
    resource.close();
  });
});

describe('A WebSocket that does not read for a while', () => {
  it('is not cut off, gets everything in order when it reads again, and keeps nobody waiting', async () => {
    const path = '/room/slow';
    const [slow, quick] = [new Positioned(server.url + path), new Positioned(server.url + path)];
    await Promise.all([slow.connect(), quick.connect()]);
    const ended = jest.fn();
    slow.socket.on('close', ended);
    slow.socket.pause();
    const large = 'x'.repeat(50_000);
    const sent = Array.from({ length: 140 }, (_, index) => `${index} ${large}`);
    for (const message of sent) {
      server.broadcast(path, message);
      await quick.messages.until((messages) => messages.at(-1) === message, 'the quick one keeps up');
    }
    expect(slow.messages.length).toBe(0);
    slow.socket.resume();
    await eventually(() => slow.messages.length === sent.length, 'the slow one has all');
    expect(slow.messages.entries.every((message, index) => message === sent[index])).toBe(true);
    expect(ended).not.toHaveBeenCalled();
    for (const { socket } of [slow, quick]) socket.terminate();
  }, 30_000);
});

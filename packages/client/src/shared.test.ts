import type { Channel, Environment, Socket } from './environment';
import { FakeEnvironment } from './environment.fixture';
import { connectIn } from './connect';

const HANDSHAKE = '9f9693cd-56d2-4ac4-8cb1-d31f13f73281|60000|X|e1.0|m1|';

/** What the tabs of one browser have in common, and the server's side of their WebSockets. */
class Browser {
  readonly sockets: FakeSocket[] = [];
  readonly #channels = new Set<Channel>();
  readonly #candidates: (() => Promise<void>)[] = [];
  #held = false;

  readonly channel = (): Channel => {
    const channel: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of [...this.#channels]) if (other !== channel) other.onmessage?.({ data });
      },
      close: () => void this.#channels.delete(channel),
    };
    this.#channels.add(channel);
    return channel;
  };

  readonly lock = (_name: string, _signal: AbortSignal, held: () => Promise<void>): Promise<void> => {
    this.#candidates.push(held);
    this.handOver();
    return Promise.resolve();
  };

  /** Whether the lock goes on to the next tab by itself. */
  handsOver = true;

  handOver(): void {
    if (this.#held) return;
    const next = this.#candidates.shift();
    if (!next) return;
    this.#held = true;
    void next().then(() => {
      this.#held = false;
      if (this.handsOver) this.handOver();
    });
  }
}

class FakeSocket implements Socket {
  binaryType = '';
  readyState = 1;
  onopen = null;
  onerror = null;
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  readonly sent: unknown[] = [];
  closedWith: number | undefined;

  constructor(readonly url: string) {}

  send(data: unknown): void {
    this.sent.push(data);
  }
  close(code?: number): void {
    this.closedWith = code;
  }
  say(...texts: string[]): void {
    for (const data of texts) this.onmessage?.({ data });
  }
}

let tabs = 0;

/** A tab with a client, and what it was told. */
function openTab(browser: Browser) {
  const own = new FakeEnvironment();
  const random = ++tabs / 100 + 0.001;
  const environment: Environment = Object.assign(own, {
    random: () => random,
    channel: browser.channel,
    lock: browser.lock,
    socket: (url: string) => {
      const socket = new FakeSocket(url);
      browser.sockets.push(socket);
      return socket;
    },
  });
  const client = connectIn(environment)('/chat', { shared: true, transports: ['websocket'] });
  const got: unknown[] = [];
  client.on('message', (message) => got.push(message));
  return { client, got };
}

const keyOf = (sent: unknown): string => String(sent).split(':')[0] ?? '';

describe('Tabs that share a connection', () => {
  it('speak through the leader, and each gets all messages and its own replies', async () => {
    const browser = new Browser();
    const [one, two] = [openTab(browser), openTab(browser)];
    expect(browser.sockets).toHaveLength(1);
    const [socket] = browser.sockets;
    socket?.say(HANDSHAKE);
    expect([one.client.state, two.client.state]).toEqual(['live', 'live']);
    const reply = two.client.request({ ask: 1 });
    await Promise.resolve();
    const key = keyOf(socket?.sent.at(-1));
    socket?.say('1:"to all"', `2=${key}:"for two"`);
    expect(await reply).toBe('for two');
    expect([one.got, two.got]).toEqual([['to all'], ['to all']]);
    await Promise.all([one.client.close(), two.client.close()]);
  });

  it('have another leader when it closes: it goes on where that was, and sends again what has no reply', async () => {
    const browser = new Browser();
    const [one, two] = [openTab(browser), openTab(browser)];
    browser.sockets[0]?.say(HANDSHAKE, '1:"a"');
    const reply = two.client.request({ ask: 1 });
    await Promise.resolve();
    const asked = browser.sockets[0]?.sent.at(-1);
    browser.handsOver = false;
    await one.client.close();
    // Away, and not gone: the others go on as the same client.
    expect(browser.sockets[0]?.closedWith).toBe(4000);
    two.client.push('between two leaders');
    browser.handOver();
    const [, socket] = browser.sockets;
    expect(socket?.url).toContain('X-Ionosphere-Position=e1.1');
    socket?.say(HANDSHAKE, '1:"a"', '2:"b"');
    expect(two.got).toEqual(['a', 'b']);
    expect(socket?.sent).toEqual([asked, ':between two leaders']);
    socket?.say(`3=${keyOf(asked)}.`);
    expect(await reply).toBeUndefined();
    await two.client.close();
    expect(socket?.closedWith).toBe(1000);
  });
});

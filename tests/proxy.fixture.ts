import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Journal } from './journal.fixture';

/** What a proxy does with a connection: pass it on, accept it and let it wait, or answer in the server's place. */
type Mode =
  { readonly pass: true } | { readonly hold: true } | { readonly answer: (request: string) => string | undefined };

interface Pair {
  readonly client: Socket;
  server: Socket | undefined;
  /** What the client sent and was not passed on yet. */
  waiting: Buffer[];
}

/** A TCP proxy that fails in the ways in which networks fail. */
export class Proxy {
  /** What clients sent, and what they were sent, as it went over the wire: one character per byte. */
  readonly sent = new Journal<string>();
  readonly returned = new Journal<string>();
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #mode: Mode = { pass: true };
  #blackhole = false;

  private constructor(private readonly target: number) {
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many requests of a method came by. */
  requests(method: 'GET' | 'POST'): number {
    return this.sent.entries.join('').match(new RegExp(`${method} /\\S* HTTP/1\\.1\\r\\n`, 'g'))?.length ?? 0;
  }

  /** Breaks every connection on both sides, with a reset. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server?.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** From now on connections are accepted, and wait. */
  hold(): void {
    this.#mode = { hold: true };
  }

  /** Passes on, first what waited. */
  release(): void {
    this.#mode = { pass: true };
    for (const pair of this.#pairs) if (!pair.server) this.#dial(pair);
  }

  /** Answers requests in the server's place; those for which the function gives nothing are passed on. */
  answer(answer: (request: string) => string | undefined): void {
    this.#mode = { answer };
  }

  /** From now on nothing gets through in either direction, and nobody is told. */
  blackhole(): void {
    this.#blackhole = true;
  }

  /** From now on bytes get through again. */
  heal(): void {
    this.#blackhole = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    const pair: Pair = { client, server: undefined, waiting: [] };
    this.#pairs.add(pair);
    if ('pass' in this.#mode) this.#dial(pair);
    client.on('data', (chunk) => this.#fromClient(pair, chunk));
    client.on('error', () => undefined);
    client.on('close', () => {
      this.#pairs.delete(pair);
      if (!this.#blackhole) pair.server?.destroy();
    });
  }

  #fromClient(pair: Pair, chunk: Buffer): void {
    if (this.#blackhole) return;
    this.sent.push(chunk.toString('latin1'));
    if (pair.server) return void pair.server.write(chunk);
    pair.waiting.push(chunk);
    if (!('answer' in this.#mode)) return;
    const answer = this.#mode.answer(chunk.toString('latin1'));
    if (answer === undefined) return this.#dial(pair);
    pair.waiting = [];
    if (answer !== '') pair.client.end(answer);
  }

  #dial(pair: Pair): void {
    const server = connect(this.target, '127.0.0.1');
    pair.server = server;
    for (const chunk of pair.waiting.splice(0)) server.write(chunk);
    server.on('data', (chunk) => {
      if (this.#blackhole) return;
      this.returned.push(chunk.toString('latin1'));
      pair.client.write(chunk);
    });
    server.on('error', () => undefined);
    server.on('close', () => {
      if (!this.#blackhole) pair.client.destroy();
    });
  }
}

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Line, tagOf, type Tag } from './line.fixture';

/** What the proxy is to do with the next request of a client, once. */
export type Trap = 'twice' | 'late' | 'half a POST';

/** How long a request comes late, and how long a connection lives whose client does not want it any more, in milliseconds. */
const LATE_MILLIS = 300;
const PHANTOM_MILLIS = 1500;

/** A TCP proxy that knows whose connection each is, and fails in the ways in which networks fail. */
export class ChaosProxy {
  /** Told when a fault breaks the connection of an attempt. */
  onHarm: (client: string, attempt: number) => void = () => undefined;
  /** Told when a connection is slowed down. */
  onSlow: (client: string, attempt: number) => void = () => undefined;
  /** Told when a trap went off. */
  onTrap: (client: string, trap: Trap) => void = () => undefined;
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  readonly #traps = new Map<string, Trap>();
  /** Of both sides: those whose line was cut may still be there, half open. */
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param target gives the port of the server under test; it changes when the server starts again. */
  private constructor(private readonly target: () => number) {
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  static async start(target: () => number): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', 1024, resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The connections that carry, or carried last, a request of a client that connects. */
  of(client: string): Line[] {
    return [...this.#lines].filter(({ tag }) => tag?.client === client && tag.attempt !== undefined);
  }

  /** Sets a trap for the next request of a client that fits it. */
  set(client: string, trap: Trap): void {
    this.#traps.set(client, trap);
  }

  /** Breaks all connections of a client, or of all. */
  cut(how: 'reset' | 'end', client?: string): void {
    for (const line of client === undefined ? [...this.#lines] : this.of(client)) {
      this.#harm(line.tag);
      line.cut(how);
      this.#lines.delete(line);
    }
  }

  /** Swallows all that goes over the connections of a client; the server learns of it much later. */
  blackhole(client: string, millis: number): void {
    for (const line of this.of(client)) {
      this.#harm(line.tag);
      line.blackhole();
      this.#later(millis, () => line.bury());
    }
  }

  /** Slows down the connections that a client has now. */
  slow(client: string, slowness: Parameters<Line['slow']>[0], millis: number): void {
    for (const line of this.of(client)) {
      if (line.tag?.attempt !== undefined) this.onSlow(client, line.tag.attempt);
      line.slow(slowness);
      this.#later(millis, () => line.slow(undefined));
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const line of this.#lines) line.bury();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    const line = this.#line(client);
    line.up.tap = (chunk) => this.#fromClient(line, chunk);
  }

  #line(client: Socket): Line {
    const server = connect({ port: this.target(), host: '127.0.0.1', allowHalfOpen: true });
    client.setNoDelay(true);
    server.setNoDelay(true);
    const line = new Line(client, server);
    this.#lines.add(line);
    client.on('close', () => this.#lines.delete(line));
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    return line;
  }

  /** Tells whether the chunk goes on to the server. */
  #fromClient(line: Line, chunk: Buffer): boolean {
    const tag = tagOf(chunk);
    if (!tag) return true;
    line.tag = tag;
    const trap = this.#traps.get(tag.client);
    if (trap === undefined || (trap === 'half a POST' ? tag.attempt !== undefined : !tag.polls)) return true;
    this.#traps.delete(tag.client);
    this.onTrap(tag.client, trap);
    this.#harm(tag);
    if (trap === 'half a POST') return this.#half(line, chunk);
    this.#phantom(chunk, trap === 'late' ? LATE_MILLIS : 0);
    // Who is late is not waited for: the client comes again, and is served before this one arrives.
    if (trap === 'late') line.cut('reset');
    return trap === 'twice';
  }

  #half(line: Line, chunk: Buffer): boolean {
    const body = chunk.indexOf('\r\n\r\n') + 4;
    line.up.inject(chunk.subarray(0, Math.min(chunk.length - 1, body + Math.ceil((chunk.length - body) / 2))));
    // The bytes get there first: a reset would throw them away.
    this.#later(20, () => line.cut('end'));
    return false;
  }

  /** Sends a request on a connection that no client knows of, and throws the answer away. */
  #phantom(request: Buffer, delayMillis: number): void {
    const copy = Buffer.from(request);
    this.#later(delayMillis, () => {
      const socket = connect(this.target(), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(copy);
      this.#later(PHANTOM_MILLIS, () => socket.destroy());
    });
  }

  #harm(tag: Tag | undefined): void {
    if (tag?.attempt !== undefined) this.onHarm(tag.client, tag.attempt);
  }

  #later(millis: number, fn: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      fn();
    }, millis);
    this.#timers.add(timer);
  }
}

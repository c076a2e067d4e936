import 'reflect-metadata';
import { Parameter, type Payload } from '@ionosphere/protocol';
import { App, type AppOptions } from './app/app';
import type { Clock } from './time/clock';
import { Failure } from './errors';
import { Logger, type LogFields } from './logger';
import { FieldCollector } from './request/fields';
import { Request } from './request/request';
import type { Resource } from './resource/resource';
import { Run } from './resource/run';
import type { Frame, Transport, Wire, WriteResult } from './transport';

/** Time that stands still, and macrotasks that wait, until the test moves them. */
export class HandClock implements Clock {
  time = 1_000_000;
  readonly waiting = new Set<{ at: number; readonly fn: () => void }>();
  readonly #soon: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  after(millis: number, fn: () => void): () => void {
    const call = { at: this.time + millis, fn };
    this.waiting.add(call);
    return () => void this.waiting.delete(call);
  }

  soon(fn: () => void): void {
    this.#soon.push(fn);
  }

  /** Ends the turn: runs the macrotasks that wait, and those that they ask for. */
  turn(): void {
    for (let fn = this.#soon.shift(); fn; fn = this.#soon.shift()) fn();
  }

  /** Moves time on, call by call. */
  advance(millis: number): void {
    const end = this.time + millis;
    for (;;) {
      const [next] = [...this.waiting].sort((a, b) => a.at - b.at);
      if (!next || next.at > end) break;
      this.time = Math.max(this.time, next.at);
      this.waiting.delete(next);
      next.fn();
      this.turn();
    }
    this.time = end;
  }

  /** Sets the clock; what waits goes on waiting as if nothing had happened. */
  set(time: number): void {
    for (const call of this.waiting) call.at += time - this.time;
    this.time = time;
  }
}

type Style = 'socket' | 'stream' | 'poll';

const wires: Record<Style, Wire> = {
  socket: { name: 'fake socket', binary: true, boundary: 'message' },
  stream: {
    name: 'fake stream',
    binary: false,
    boundary: 'event',
    normalize: (text) => text.replaceAll('\r', ''),
    wrap: (text) => `<${text}>`,
  },
  poll: { name: 'fake poll', binary: false, boundary: 'stream' },
};

/** A transport without a wire: `socket` has native groups, `stream` is served one by one, `poll` ends with its first write. */
export class FakeTransport implements Transport {
  readonly name = 'memory';
  readonly wire: Wire;
  readonly oneShot: boolean;
  readonly duplex: boolean;
  readonly publish?: (topic: string, frame: Frame) => void;
  /** Connections by the topic that they joined. */
  readonly topics = new Map<string, Set<FakeConnection>>();
  /** Every publish, in order. */
  readonly published: Frame[] = [];

  constructor(readonly style: Style) {
    this.wire = wires[style];
    this.oneShot = style === 'poll';
    this.duplex = style === 'socket';
    if (style !== 'socket') return;
    this.publish = (topic, frame) => {
      this.published.push(frame);
      for (const connection of this.topics.get(topic) ?? []) connection.take([frame]);
    };
  }
}

/** One connection of a fake transport. What it takes, the test reads. */
export class FakeConnection extends Run {
  /** What the next writes give; `ok` when it is empty. */
  readonly results: WriteResult[] = [];
  /** Each write as it came. */
  readonly writes: (readonly Frame[])[] = [];
  /** What it was closed with, once it was. */
  closedWith: { readonly failure: Failure | undefined } | undefined;
  pings = 0;
  /** Of a stream, which is in step with others. */
  readonly owner?: Resource;
  readonly join?: (topic: string) => void;
  readonly leave?: (topic: string) => void;
  readonly publish?: (topic: string, frame: Frame) => void;

  constructor(
    readonly transport: FakeTransport,
    public request: Request,
    readonly resource: Resource,
  ) {
    super(transport.oneShot ? request.wire.poll : undefined);
    if (transport.style === 'stream') this.owner = resource;
    if (transport.style !== 'socket') return;
    const { topics } = transport;
    this.join = (topic) => void topics.set(topic, (topics.get(topic) ?? new Set()).add(this));
    this.leave = (topic) => void topics.get(topic)?.delete(this);
    this.publish = (topic, frame) => {
      transport.published.push(frame);
      for (const connection of topics.get(topic) ?? []) if (connection !== this) connection.take([frame]);
    };
  }

  /** Everything taken so far, bytes as text. */
  get texts(): string[] {
    return this.writes.flat().map((frame) => (typeof frame === 'string' ? frame : Buffer.from(frame).toString()));
  }

  write(frames: readonly Frame[]): WriteResult {
    const result = this.results.shift() ?? 'ok';
    if (result === 'closed' || !this.answer(frames)) return 'closed';
    if (!this.transport.oneShot) return result;
    this.resource.detach(this, 'answered');
    return 'full';
  }

  protected answer(frames: readonly Frame[]): boolean {
    if (!this.closedWith) this.take(frames);
    return !this.closedWith;
  }

  take(frames: readonly Frame[]): void {
    this.writes.push(frames);
  }

  close(failure?: Failure): void {
    this.closedWith = { failure };
  }

  ping(): void {
    this.pings++;
    if (this.transport.oneShot) this.write([]);
  }
}

/** Who connects, and how. Default: a client of version 5 with the protocol and no id, over `stream`. */
export interface Visit {
  readonly path?: string;
  readonly id?: string;
  readonly framework?: string | undefined;
  readonly protocol?: boolean;
  readonly tracking?: boolean;
  readonly heartbeat?: number;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connect request as an atmosphere.js client sends it. */
export function requestFor(style: Style, visit: Visit = {}): Request {
  const { path = '/room', protocol = true, tracking = false, id = '0', heartbeat, query, headers = {} } = visit;
  const framework = 'framework' in visit ? visit.framework : '5.0.7';
  const named = style === 'poll' ? 'long-polling' : style === 'socket' ? 'websocket' : 'sse';
  const pairs = [
    `${Parameter.trackingId}=${encodeURIComponent(id)}`,
    `${Parameter.transport}=${named}`,
    ...(framework === undefined ? [] : [`${Parameter.framework}=${framework}`]),
    ...(protocol ? [`${Parameter.protocol}=true`] : []),
    ...(tracking ? [`${Parameter.trackMessageSize}=true`] : []),
    ...(heartbeat === undefined ? [] : [`${Parameter.heartbeat}=${heartbeat}`]),
    ...(query === undefined ? [] : [query]),
  ];
  const fields = new FieldCollector();
  for (const [name, value] of Object.entries(headers)) fields.add(name, value);
  return new Request({ method: 'GET', path, query: pairs.join('&'), headers: fields.collect() });
}

/** Keeps what was logged. */
export class ListLogger extends Logger {
  readonly lines: { level: string; message: string; fields: LogFields | undefined }[] = [];
  debug = this.#level('debug');
  info = this.#level('info');
  warn = this.#level('warn');
  error = this.#level('error');

  #level(level: string) {
    return (message: string, fields?: LogFields): void => void this.lines.push({ level, message, fields });
  }
}

/** An app with a hand-moved clock, and clients that attach to it. */
export class Scene {
  readonly clock = new HandClock();
  readonly logger = new ListLogger();
  readonly app: App;
  readonly socket = new FakeTransport('socket');
  readonly stream = new FakeTransport('stream');
  readonly poll = new FakeTransport('poll');

  constructor(services: AppOptions['services'], options: Omit<AppOptions, 'services'> = {}) {
    this.app = new App({ clock: this.clock, logger: this.logger, ...options, services });
  }

  /** Connects and attaches; what the app refuses is thrown. */
  connect(style: Style, visit: Visit = {}): FakeConnection {
    const request = requestFor(style, visit);
    const connection = new FakeConnection(this[style], request, this.app.connect(request) as Resource);
    connection.resource.attach(connection);
    return connection;
  }

  /** Comes back under the id of an older connection. */
  again(older: FakeConnection, visit: Visit = {}, style: Style = older.transport.style): FakeConnection {
    return this.connect(style, { id: older.resource.uuid, path: older.request.path, ...visit });
  }

  /** What a client has got of a payload that it sent when the turn has ended: the code of the failure, and what was written. */
  answers(client: FakeConnection, payload: Payload): string[] {
    const before = client.texts.length;
    const failure = client.resource.receive(payload);
    this.clock.turn();
    return [...(failure instanceof Failure ? [failure.code] : []), ...client.texts.slice(before)];
  }
}

/** Lets promises that are settled be noticed. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** What a function throws. */
export function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

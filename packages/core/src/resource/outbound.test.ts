import fc from 'fast-check';
import { Broadcaster } from '../broadcaster/broadcaster';
import { BroadcasterFactory } from '../broadcaster/broadcaster-factory';
import { defaultConfig } from '../settings/config';
import { Framings } from '../codec/framing';
import { TrackMessageSizeInterceptor } from '../interceptors/track-message-size';
import { MemoryLog, type LogBounds } from '../log/message-log';
import { emptied } from '../log/remains';
import { Outbound } from './outbound';
import type { OutboundRules } from './outbound-rules';
import { Outflow } from '../broadcaster/outflow';
import { FakeConnection, FakeTransport, HandClock, ListLogger, requestFor } from '../port.fixture';
import type { Resource } from './resource';
import { Timers } from '../time/timers';
import type { Frame, WriteResult } from '../transport';

const unbounded = { maxMessages: Infinity, maxBytes: Infinity, maxAgeMillis: Infinity };
const layer = new TrackMessageSizeInterceptor().framing(requestFor('stream', { tracking: true }));

/** A connection that knows the contract of `write`: nothing more after `full` until it has drained. */
class StrictConnection extends FakeConnection {
  full = false;
  readonly violations: string[] = [];

  override write(frames: readonly Frame[]): WriteResult {
    const result = super.write(frames);
    this.full ||= result === 'full';
    return result;
  }

  override take(frames: readonly Frame[]): void {
    if (this.full) this.violations.push(`written while full: ${String(frames[0])}`);
    super.take(frames);
  }
}

/** The sending side of one resource on two broadcasters, on whatever connection. */
class Bench {
  readonly clock = new HandClock();
  readonly #fail = (error: unknown): never => {
    throw error;
  };
  readonly #outflow = new Outflow(this.clock, this.#fail);
  readonly #framings = new Framings();
  readonly #transports = {
    socket: new FakeTransport('socket'),
    stream: new FakeTransport('stream'),
    poll: new FakeTransport('poll'),
  };
  #sequence = 0;
  readonly #parts = {
    outflow: this.#outflow,
    timers: new Timers(this.clock, this.#fail),
    epoch: 'e',
    counters: { gaps: 0 },
    nextSequence: () => this.#sequence++,
    lastSequence: () => this.#sequence - 1,
    now: () => this.clock.now(),
  };
  readonly a: Broadcaster;
  readonly b: Broadcaster;
  readonly out: Outbound;
  readonly connections: StrictConnection[] = [];
  sent = 0;
  /** Numbers of the messages that the resource is to get. */
  readonly meant: number[] = [];
  overruns = 0;

  constructor(bounds: LogBounds = unbounded, outboxBounds: LogBounds = unbounded, rules: Partial<OutboundRules> = {}) {
    const logger = new ListLogger();
    const broadcasters = new BroadcasterFactory({ ...this.#parts, config: defaultConfig, logger });
    this.a = broadcasters.create('a', Broadcaster, new MemoryLog(bounds));
    this.b = broadcasters.create('b', Broadcaster, new MemoryLog(bounds));
    const detach = (): void => {
      this.overruns++;
      this.out.close();
    };
    const unsubscribe = (broadcaster: Broadcaster): void => this.out.unsubscribe(broadcaster);
    const owner = { detach, unsubscribe } as unknown as Resource;
    const usual = { outboxBounds, slowClientMessages: 3, slowClientMillis: 30_000 };
    this.out = new Outbound(this.#parts, owner, { ...usual, slowClients: 'lag', ...rules }, requestFor('socket'));
    this.out.subscribe(this.a);
    this.out.subscribe(this.b);
  }

  get connection(): StrictConnection | undefined {
    return this.out.connection as StrictConnection | undefined;
  }

  /** Numbers of the messages that all connections took, in order. */
  get delivered(): number[] {
    return this.connections.flatMap(({ texts }) => [...texts.join('').matchAll(/#(\d+);/g)].map(([, n]) => Number(n)));
  }

  send(to: 'a' | 'b' | 'self'): void {
    if (to === 'self' || this.out.has(this[to])) this.meant.push(this.sent);
    const text = `#${this.sent++};`;
    if (to === 'self') this.out.send(text);
    else this[to].broadcast(text);
  }

  /** Begins a subscription, or ends it. */
  toggle(broadcaster: Broadcaster): void {
    if (this.out.has(broadcaster)) this.out.unsubscribe(broadcaster);
    else this.out.subscribe(broadcaster);
  }

  open(style: 'socket' | 'stream' | 'poll', framed = true, positioned = false): StrictConnection {
    this.out.close();
    const resource = { detach: (gone: unknown) => void (gone === this.out.connection && this.out.close()) };
    const transport = this.#transports[style];
    const connection = new StrictConnection(transport, requestFor(style), resource as unknown as Resource);
    this.connections.push(connection);
    this.out.open(connection, this.#framings.of(transport, framed && layer ? [layer] : [], positioned));
    return connection;
  }

  attach(style: 'socket' | 'stream' | 'poll', framed = true): StrictConnection {
    const connection = this.open(style, framed);
    this.out.flush();
    return connection;
  }

  drain(): void {
    if (!this.connection) return;
    this.connection.full = false;
    this.out.resume();
  }
}

type Step =
  | { readonly send: 'a' | 'b' | 'self' }
  | { readonly attach: 'socket' | 'stream' | 'poll'; readonly framed: boolean }
  | { readonly next: WriteResult }
  | { readonly toggle: 'a' | 'b' }
  | { readonly destroy: 'a' | 'b' }
  | { readonly do: 'turn' | 'drain' | 'detach' | 'control' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ send: fc.constantFrom('a', 'b', 'self') }) },
  { weight: 2, arbitrary: fc.record({ attach: fc.constantFrom('socket', 'stream', 'poll'), framed: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ toggle: fc.constantFrom('a', 'b') }) },
  { weight: 1, arbitrary: fc.record({ destroy: fc.constantFrom('a', 'b') }) },
  { weight: 2, arbitrary: fc.record({ next: fc.constantFrom('full', 'closed') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('turn', 'drain', 'detach', 'control') }) },
);

function apply(bench: Bench, one: Step): void {
  if ('send' in one) bench.send(one.send);
  else if ('attach' in one) bench.attach(one.attach, one.framed);
  else if ('next' in one) bench.connection?.results.push(one.next);
  else if ('toggle' in one) bench.toggle(bench[one.toggle]);
  else if ('destroy' in one) bench[one.destroy].destroy();
  else if (one.do === 'turn') bench.clock.turn();
  else if (one.do === 'drain') bench.drain();
  else if (one.do === 'detach') bench.out.close();
  else bench.out.writeControl('X');
}

function run(bench: Bench, steps: readonly Step[]): void {
  for (const one of steps) apply(bench, one);
  bench.attach('stream');
  bench.clock.turn();
}

describe('What a resource is sent', () => {
  it('arrives, each message once and in the order of sending, whatever becomes of connections and subscriptions', () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new Bench();
      run(bench, steps);
      expect(bench.delivered).toEqual(bench.meant);
      expect(bench.connections.flatMap(({ violations }) => violations)).toEqual([]);
      expect([bench.out.owed.gap, bench.out.owed.size]).toEqual([false, 0]);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('never arrives twice or out of order when logs are short, and what is lost is told as a gap', () => {
    const bounds = { ...unbounded, maxMessages: 2 };
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bench = new Bench(bounds, bounds);
      run(bench, steps);
      const { delivered } = bench;
      expect(delivered).toEqual([...new Set(delivered)].sort((a, b) => a - b));
      expect(bench.out.owed.gap).toBe(delivered.length < bench.meant.length);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('while it is away waits, and comes before anything newer', () => {
    const bench = new Bench();
    bench.attach('socket');
    bench.send('a');
    bench.out.close();
    for (const to of ['b', 'self', 'a'] as const) bench.send(to);
    const back = bench.open('socket');
    bench.out.flush();
    bench.send('a');
    expect(back.texts).toEqual(['3|#1;', '3|#2;', '3|#3;', '3|#4;']);
  });

  it('goes at once over a native group, and directly beside it, in order and without a turn', () => {
    const bench = new Bench();
    const connection = bench.attach('socket', false);
    for (const to of ['a', 'self', 'b', 'self'] as const) bench.send(to);
    expect(connection.texts).toEqual(['#0;', '#1;', '#2;', '#3;']);
  });

  it('goes once per turn, in one write, where connections are served one by one', () => {
    const bench = new Bench();
    const connection = bench.attach('stream');
    for (const to of ['a', 'self', 'b', 'a'] as const) bench.send(to);
    expect(connection.writes).toEqual([]);
    bench.clock.turn();
    expect(connection.writes).toHaveLength(1);
    expect(connection.texts.join('')).toBe('<3|#0;><3|#1;><3|#2;><3|#3;>');
  });

  it('answers a poll with all that there is when frames stay apart, and with one message when they do not', () => {
    const bench = new Bench();
    for (let i = 0; i < 3; i++) bench.send('a');
    expect(bench.attach('poll', false).texts).toEqual(['#0;']);
    expect(bench.attach('poll', true).texts.join('')).toBe('3|#1;3|#2;');
    expect(bench.attach('poll', false).texts).toEqual([]);
  });

  it('comes in several writes when it is much, none of it lost at the seams', () => {
    const bench = new Bench();
    for (let i = 0; i < 700; i++) bench.send(i % 3 === 0 ? 'self' : 'a');
    const connection = bench.attach('stream');
    expect(connection.writes.length).toBeGreaterThan(1);
    expect(bench.delivered).toEqual(Array.from({ length: 700 }, (_, index) => index));
  });
});

type Wire = { readonly style: 'socket' | 'stream' | 'poll'; readonly arrives: number };

/** What a client with positions reads of one connection, of which the last writes may be lost on their way. */
function read(connection: StrictConnection, arrives: number): { sequence: number; text: string }[] {
  const whole = connection.texts.join('').matchAll(/\|(\d+):(#\d+;)/g);
  const messages = [...whole].map(([, sequence, text]) => ({ sequence: Number(sequence), text: String(text) }));
  return messages.slice(0, Math.ceil(messages.length * arrives));
}

describe('A client that says what it has', () => {
  it('gets each message once, in order, whatever part of what was written is lost with each connection', () => {
    const wire = fc.record({
      style: fc.constantFrom<Wire['style']>('socket', 'stream', 'poll'),
      arrives: fc.constantFrom(0, 0.3, 0.7, 1),
    });
    const steps = fc.array(fc.oneof(step, step, fc.record({ wire })), { maxLength: 60 });
    const property = fc.property(steps, (script) => {
      const bench = new Bench();
      bench.out.owed.retains = true;
      const got: string[] = [];
      let has = -1;
      let arrives = 1;
      const lose = (): void => {
        const connection = bench.connection ?? bench.connections.at(-1);
        if (!connection || connection.closedWith) return;
        for (const { sequence, text } of read(connection, arrives)) {
          got.push(text);
          has = sequence;
        }
        connection.close();
      };
      const attach = ({ style, arrives: share }: Wire): void => {
        lose();
        arrives = share;
        bench.open(style, true, true);
        bench.out.owed.seek(has);
        bench.out.flush();
      };
      for (const one of script) {
        if ('wire' in one) attach(one.wire);
        else if (!('attach' in one)) apply(bench, one);
      }
      attach({ style: 'stream', arrives: 1 });
      bench.clock.turn();
      lose();
      expect(got).toEqual(bench.meant.map((number) => `#${number};`));
      expect(bench.out.owed.gap).toBe(false);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

describe('One write', () => {
  it.each(['a', 'self'] as const)('carries no more than a connection may have to keep in memory: sent to %s', (to) => {
    const bench = new Bench();
    for (let i = 0; i < 10; i++) {
      if (to === 'self') bench.out.send('x'.repeat(100_000));
      else bench.a.broadcast('x'.repeat(100_000));
    }
    const connection = bench.attach('stream');
    const sizes = connection.writes.map((frames) => frames.reduce((sum, frame) => sum + frame.length, 0));
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(400_000);
    expect(sizes.reduce((a, b) => a + b)).toBeGreaterThan(1_000_000);
  });
});

describe('A connection that is full', () => {
  it('gets nothing until it has drained, then what it missed, then is live again', () => {
    const bench = new Bench();
    const connection = bench.attach('socket');
    connection.results.push('full');
    bench.send('self');
    for (const to of ['a', 'self', 'b'] as const) bench.send(to);
    bench.clock.turn();
    expect(connection.texts).toEqual(['3|#0;']);
    bench.drain();
    bench.send('a');
    expect(connection.texts).toEqual(['3|#0;', '3|#1;', '3|#2;', '3|#3;', '3|#4;']);
  });

  it('gets no heartbeat either', () => {
    const bench = new Bench();
    const connection = bench.attach('stream');
    connection.results.push('full');
    expect(bench.out.writeControl('X')).toBe('full');
    expect(bench.out.writeControl('X')).toBe('full');
    expect(connection.texts).toEqual(['<1|X>']);
    bench.drain();
    expect(bench.out.writeControl('X')).toBe('ok');
  });

  it('says whether it was behind when it drains', () => {
    const bench = new Bench();
    const connection = bench.attach('stream');
    connection.results.push('full');
    bench.out.writeControl('X');
    expect(bench.out.resume()).toBe(false);
    connection.results.push('full');
    bench.out.writeControl('X');
    bench.send('a');
    expect(bench.out.resume()).toBe(true);
  });
});

describe('A subscription', () => {
  it('begins with the next message, and counts once', () => {
    const bench = new Bench();
    const connection = bench.attach('stream');
    bench.out.unsubscribe(bench.a);
    bench.send('a');
    bench.out.subscribe(bench.a);
    bench.out.subscribe(bench.a);
    bench.send('a');
    bench.clock.turn();
    expect(connection.texts).toEqual(['<3|#1;>']);
    expect(bench.a.size).toBe(1);
  });

  it('that ends still brings what was broadcast before, on every kind of connection', () => {
    for (const style of ['socket', 'stream', 'poll'] as const) {
      const bench = new Bench();
      bench.attach(style);
      bench.send('a');
      bench.out.unsubscribe(bench.a);
      bench.send('a');
      bench.clock.turn();
      expect(bench.delivered).toEqual([0]);
    }
  });

  it.each(['socket', 'stream', 'poll'] as const)(
    'that ends while the client is away, and begins again, brings what was broadcast while it lasted: over a %s',
    (style) => {
      const bench = new Bench();
      bench.attach(style);
      bench.out.close();
      for (const act of ['a', 'end', 'a', 'begin', 'b', 'self', 'a'] as const) {
        if (act === 'end') bench.out.unsubscribe(bench.a);
        else if (act === 'begin') bench.out.subscribe(bench.a);
        else bench.send(act);
      }
      bench.attach(style);
      expect(bench.delivered).toEqual([0, 2, 3, 4]);
    },
  );

  it('that has ended is a gap when the log no longer has what it brought, and no gap when it has only lost what came after', () => {
    const bench = new Bench({ ...unbounded, maxMessages: 2 });
    bench.out.owed.retains = true;
    bench.send('a');
    bench.send('a');
    bench.out.unsubscribe(bench.a);
    bench.attach('stream');
    const { owed } = bench.out;
    for (let times = 0; times < 3; times++) bench.a.broadcast('for others');
    expect(bench.delivered).toEqual([0, 1]);
    // Its client has both, and then the first of them alone.
    owed.seek(1);
    expect(owed.gap).toBe(false);
    owed.seek(0);
    expect(owed.gap).toBe(true);
  });

  it('that has ended is owed as before when a write of what it brought fails, whoever asked meanwhile what was written', () => {
    const bench = new Bench();
    bench.out.owed.retains = true;
    bench.send('a');
    bench.out.unsubscribe(bench.a);
    const dead = bench.open('stream');
    const write = jest.spyOn(dead, 'write').mockImplementation(() => {
      expect(bench.out.position).toBe(0);
      return 'closed';
    });
    bench.out.flush();
    expect(write).toHaveBeenCalledTimes(1);
    bench.attach('stream');
    expect(bench.delivered).toEqual([0]);
  });

  it('that has ended is forgotten when all has arrived, or when nothing of it can be sent again', () => {
    for (const retains of [false, true]) {
      const bench = new Bench({ ...unbounded, maxAgeMillis: 1000 });
      const { owed } = bench.out;
      owed.retains = retains;
      bench.send('a');
      bench.out.unsubscribe(bench.a);
      expect(owed.departures?.size).toBe(1);
      bench.attach('stream');
      expect(owed.departures?.size).toBe(Number(retains));
      bench.a.log.expire(Infinity);
      // Nobody looks at what was written before the next connection.
      bench.attach('stream');
      expect([bench.out.owes, owed.departures?.size]).toEqual([false, 0]);
      // What is missing then is known all the same.
      owed.seek(-1);
      expect(owed.gap).toBe(retains);
    }
  });

  it('that ends with its resource leaves nothing', () => {
    const bench = new Bench();
    bench.out.owed.retains = true;
    bench.send('a');
    bench.send('b');
    bench.out.unsubscribe(bench.a);
    bench.out.end();
    expect(bench.out.owed.departures?.size).toBe(0);
    for (const { log } of [bench.a, bench.b]) expect(emptied(log, Infinity)).toEqual([]);
  });

  it('that ends and begins again where there is a history brings each message once', () => {
    const bench = new Bench();
    Object.assign(bench.a.log, { history: true });
    bench.send('a');
    bench.out.unsubscribe(bench.a);
    bench.send('a');
    bench.out.subscribe(bench.a);
    bench.attach('stream');
    expect(bench.delivered).toEqual([0, 1]);
  });

  it('that has ended is no reason to give a slow client more than the policy says', () => {
    const bench = new Bench(unbounded, unbounded, { slowClients: 'drop-oldest', slowClientMessages: 2 });
    bench.attach('stream').results.push('full');
    bench.out.writeControl('X');
    for (let times = 0; times < 5; times++) bench.send('a');
    bench.out.unsubscribe(bench.a);
    bench.drain();
    expect(bench.delivered).toEqual([3, 4]);
  });

  it('to a broadcaster that is none is no error to end', () => {
    const bench = new Bench();
    bench.out.unsubscribe(bench.a);
    bench.out.unsubscribe(bench.a);
    expect(bench.out.broadcasters).toEqual([bench.b]);
  });
});

describe('The outbox', () => {
  it('keeps, for a resource that is away, no more than its bounds, and tells of the rest as a gap', () => {
    const bench = new Bench(unbounded, { ...unbounded, maxMessages: 2 });
    for (let i = 0; i < 5; i++) bench.send('self');
    const connection = bench.attach('stream');
    expect(connection.texts.join('')).toBe('<3|#3;><3|#4;>');
    expect(bench.out.owed.gap).toBe(true);
  });

  it('is forgotten with all subscriptions at the end', () => {
    const bench = new Bench();
    bench.send('self');
    bench.out.end();
    expect(bench.attach('stream').writes).toEqual([]);
    expect([bench.a.size, bench.b.size]).toEqual([0, 0]);
  });
});

describe('What a heartbeat is told', () => {
  it('is the next write to the connection but the handshake, and the newest of what its groups published', () => {
    const bench = new Bench();
    bench.attach('socket');
    expect(bench.out.lastPublish).toBe(0);
    bench.clock.time += 100;
    const wrote = jest.fn();
    bench.out.awaits = { wrote };
    bench.send('b');
    expect([bench.out.lastPublish, wrote.mock.calls.length]).toEqual([bench.clock.time, 0]);
    bench.out.greet('handshake');
    expect(wrote).not.toHaveBeenCalled();
    bench.out.writeControl('X');
    bench.out.writeControl('X');
    expect(wrote).toHaveBeenCalledTimes(1);
  });
});

import { Fanout, type Subscription } from './fanout';
import type { Framing } from '../codec/framing';
import { MemoryLog, type LogEntry } from '../log/message-log';
import type { Logger, LogFields } from '../logger';
import { Outflow } from './outflow';
import { FakeTransport, HandClock } from '../port.fixture';
import type { Resource } from '../resource/resource';
import { Timers } from '../time/timers';

const framing: Framing = {
  id: 'f',
  delimited: true,
  positioned: false,
  tells: false,
  frame: (payload) => `<${String(payload)}>`,
  frameControl: (text) => `<${text}>`,
  heartbeat: (text) => [`<${text}>`],
};

const fail = (error: unknown): never => {
  throw error;
};

/** What could not be written. */
const failed: unknown[] = [];
const logger = { error: (_text: string, fields: LogFields) => failed.push(fields.cause) } as unknown as Logger;

function setUp() {
  const clock = new HandClock();
  const log = new MemoryLog({ maxMessages: 100, maxBytes: Infinity, maxAgeMillis: Infinity });
  const fanout = new Fanout('/topic', log, {
    outflow: new Outflow(clock, fail),
    timers: new Timers(clock, fail),
    logger,
  });
  const subscribe = (name: string, watch?: Subscription['watch']) => {
    const written: string[] = [];
    const send = (payload: string): number => written.push(`sent ${payload}`);
    const resource = { name, state: 'ready', send } as unknown as Resource;
    const subscription: Subscription & { watch: Subscription['watch'] } = {
      resource,
      cursor: log.end,
      live: 'no',
      watch,
      older: undefined,
      younger: undefined,
      flush: () => {
        if (subscription.cursor >= log.end) return;
        const batch = fanout.batch(framing, subscription.cursor, false, resource);
        written.push(batch.frames.map(String).join(''));
        subscription.cursor = batch.end;
      },
      write: (payload) => void written.push(`wrote ${String(payload)}`),
      isIn: () => subscription.live === 'group',
      publish: (topic, frame) => void written.push(`published ${String(frame)}`),
      relieve: () => void written.push('asked'),
    };
    fanout.add(subscription);
    return { subscription, written, resource };
  };
  let sequence = 0;
  const send = (payload: string, view?: LogEntry['view']): void => {
    const entry = { payload, sequence: sequence++, at: 5, ...(view && { view }) };
    log.append(entry);
    fanout.deliver(entry);
  };
  return { clock, log, fanout, subscribe, send };
}

const only =
  (resource: Resource, payload: string): NonNullable<LogEntry['view']> =>
  (other) =>
    other === resource ? payload : undefined;

describe('A message that is the same for all', () => {
  it('is published once to a native group, and read once per framing by those that are pulled', () => {
    const { clock, fanout, subscribe, send } = setUp();
    const socket = new FakeTransport('socket');
    fanout.enterGroup(framing, socket);
    const [a, b] = [subscribe('a'), subscribe('b')];
    for (const { subscription } of [a, b]) fanout.pull(subscription);
    const frame = jest.spyOn(framing, 'frame');
    send('x');
    send('y');
    clock.turn();
    expect(socket.published).toEqual(['<x>', '<y>']);
    expect([a.written, b.written]).toEqual([['<x><y>'], ['<x><y>']]);
    expect(frame).toHaveBeenCalledTimes(4);
    expect(fanout.lastPublish).toBe(5);
    frame.mockRestore();
  });
});

describe('A native group', () => {
  it('is asked whether its members keep up each time that much was published, and others are not', () => {
    const { fanout, subscribe, send } = setUp();
    fanout.enterGroup(framing, new FakeTransport('socket'));
    const [member, away] = [subscribe('a'), subscribe('b')];
    member.subscription.live = 'group';
    const half = 'x'.repeat(100_000);
    send(half);
    expect(member.written).toEqual([]);
    send(half);
    expect([member.written, away.written]).toEqual([['asked'], []]);
    send(half);
    expect(member.written).toEqual(['asked']);
  });

  it('is found without a look at those who were there before its members, and are away', () => {
    const { fanout, subscribe, send } = setUp();
    fanout.enterGroup(framing, new FakeTransport('socket'));
    const looked = jest.fn(() => 'no');
    Object.defineProperty(subscribe('away').subscription, 'live', { get: looked });
    const member = subscribe('a');
    member.subscription.live = 'group';
    for (let message = 0; message < 4; message++) send('x'.repeat(100_000));
    expect(member.written).toEqual(['asked', 'asked']);
    expect(looked).not.toHaveBeenCalled();
  });
});

describe('A connection that can not be written to', () => {
  it('does not keep the message from the others', () => {
    const { clock, fanout, subscribe, send } = setUp();
    const [broken, well] = [subscribe('a'), subscribe('b')];
    broken.subscription.flush = () => {
      throw new Error('broken');
    };
    for (const { subscription } of [broken, well]) fanout.pull(subscription);
    send('x');
    clock.turn();
    expect(failed).toEqual([new Error('broken')]);
    expect(well.written).toEqual(['<x>']);
  });
});

describe('A message that is not the same for all', () => {
  it('is written to each member of a group by itself, and is the last of its batch for the others', () => {
    const { clock, fanout, subscribe, send } = setUp();
    const [member, pulled] = [subscribe('a'), subscribe('b')];
    member.subscription.live = 'group';
    fanout.pull(pulled.subscription);
    send('1');
    send('2', (resource) => (resource === pulled.resource ? 'own 2' : 'other 2'));
    send('3', only(member.resource, 'own 3'));
    send('4');
    for (let turn = 0; turn < 4; turn++) pulled.subscription.flush();
    clock.turn();
    expect(member.written).toEqual(['wrote other 2', 'wrote own 3']);
    expect(pulled.written).toEqual(['<1>', '<own 2>', '', '<4>']);
  });

  it('does not count as a write to those who did not get it', () => {
    const { fanout, subscribe, send } = setUp();
    const { resource } = subscribe('a');
    send('x', only(resource, 'x'));
    expect(fanout.lastPublish).toBe(0);
  });
});

describe('A message that is not remembered', () => {
  it('goes to those who are connected, however they are served', () => {
    const { fanout, subscribe } = setUp();
    const socket = new FakeTransport('socket');
    const [pulled, away, member, resting] = [subscribe('a'), subscribe('b'), subscribe('c'), subscribe('d')];
    for (const { subscription } of [pulled, resting]) fanout.pull(subscription);
    Object.assign(resting.resource, { state: 'away' });
    fanout.enterGroup(framing, socket);
    member.subscription.live = 'group';
    fanout.deliverOnce({ payload: 'x', sequence: 0, at: 0 });
    fanout.deliverOnce({ payload: 'y', sequence: 1, at: 0, view: only(pulled.resource, 'z') });
    expect([pulled.written, away.written, resting.written, member.written, socket.published]).toEqual([
      ['sent x', 'sent z'],
      [],
      [],
      [],
      ['<x>'],
    ]);
  });
});

describe('Those who want to know of each message', () => {
  it('are told while they want to, of what they are about to get, and cost nothing when there are none', () => {
    const { fanout, subscribe } = setUp();
    const heard: unknown[] = [];
    subscribe('deaf');
    fanout.announce('nobody listens', () => {
      throw new Error('asked in vain');
    });
    const a = subscribe('a', (message) => heard.push(message));
    const b = subscribe('b', (message) => heard.push(`b ${String(message)}`));
    fanout.announce('x', undefined);
    fanout.announce('y', (resource) => resource === b.resource);
    expect(fanout.isWatched).toBe(true);
    b.subscription.watch = undefined;
    fanout.watchers(-1);
    fanout.remove(a.subscription);
    fanout.announce('z', undefined);
    expect([heard, fanout.isWatched]).toEqual([['x', 'b x', 'b y'], false]);
  });
});

describe('Those who are subscribed', () => {
  it('are known in the order in which they came, whoever leaves, and leave once', () => {
    const { fanout, subscribe } = setUp();
    const all = ['a', 'b', 'c', 'd'].map((name) => subscribe(name));
    const names = (): string =>
      fanout.resources.map((resource) => (resource as unknown as { name: string }).name).join('');
    const left: [string, number][] = [];
    for (const index of [1, 1, 0, 3, 3, 2]) {
      fanout.remove((all[index] as (typeof all)[number]).subscription);
      left.push([names(), fanout.size]);
    }
    expect(left).toEqual([
      ['acd', 3],
      ['acd', 3],
      ['cd', 2],
      ['c', 1],
      ['c', 1],
      ['', 0],
    ]);
    subscribe('e');
    fanout.add((all[1] as (typeof all)[number]).subscription);
    expect([names(), fanout.size]).toEqual(['eb', 2]);
  });
});

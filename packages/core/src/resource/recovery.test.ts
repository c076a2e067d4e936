import { Parameter } from '@ionosphere/protocol';
import type { ServiceOptions } from '../declaration/metadata';
import { ManagedService, Ready } from '../declaration/decorators';
import { type FakeConnection, Scene } from '../port.fixture';
import { ResourceEvent } from './resource-event';
import { coalesce } from './slow-clients';

const told: string[] = [];

/** A service whose `@Ready` writes down what it is told. */
function service(options: Omit<ServiceOptions, 'path'> = {}) {
  @ManagedService({ path: '/room', ...options })
  class Room {
    @Ready() onReady(event: ResourceEvent): void {
      told.push(event.gap ? 'gap' : event.recovered ? 'recovered' : 'new');
    }
  }
  return Room;
}

beforeEach(() => void (told.length = 0));

const positions = (position = ''): { query: string } => ({ query: `${Parameter.position}=${position}` });

function scene(options: Omit<ServiceOptions, 'path'> = {}) {
  const made = new Scene([service(options)]);
  const room = made.app.broadcasters.lookup('/room');
  const say = (...texts: string[]): void => {
    for (const text of texts) room.broadcast(text);
    made.clock.turn();
  };
  return { made, room, say };
}

/** What the handshake tells: the epoch, and where the client is in it. */
const epochOf = (text = ''): string => text.split('|')[3]?.split('.')[0] ?? '';
const inner = (text: string): string => text.replace(/[<>]/g, '');

describe.each(['socket', 'stream'] as const)('A client that asks for positions over %s', (style) => {
  it('gets a number with each message, and what comes after the one it names, once, in order, whatever was written', () => {
    const { made, say } = scene();
    const first = made.connect(style, positions());
    const epoch = epochOf(inner(first.texts[0] ?? ''));
    say('a', 'b');
    first.resource.send('own');
    made.clock.turn();
    expect(first.texts.slice(1).map(inner).join('')).toMatch(/^0:a.*1:b.*2:own/);
    // The server has written all three, and the connection broke after the first.
    first.resource.detach(first, 'lost');
    say('c');
    const back = made.again(first, positions(`${epoch}.0`));
    made.clock.turn();
    expect(back.texts.slice(1).map(inner).join('')).toBe('1:b2:own3:c');
    expect(told).toEqual(['new', 'recovered']);
  });

  it('is told of a gap where messages are missing, and so is the service', () => {
    const { made, say } = scene({ config: { logMessages: 2 } });
    const first = made.connect(style, positions());
    const epoch = epochOf(inner(first.texts[0] ?? ''));
    first.resource.detach(first, 'lost');
    say('a', 'b', 'c');
    const back = made.again(first, positions(`${epoch}.-1`));
    made.clock.turn();
    expect(back.texts.slice(1).map(inner).join('')).toMatch(/^-?\d+!gap1:b2:c$/);
    expect(told).toEqual(['new', 'gap']);
    expect(made.app.counters.snapshot().gaps).toBe(1);
  });

  it('takes over from a connection that is dead and does not know it yet', () => {
    const { made, say } = scene();
    const dead = made.connect(style, positions());
    const epoch = epochOf(inner(dead.texts[0] ?? ''));
    say('a', 'b');
    const back = made.again(dead, positions(`${epoch}.-1`));
    made.clock.turn();
    expect(back.texts.slice(1).map(inner).join('')).toBe('0:a1:b');
    expect(dead.closedWith).toEqual({ failure: undefined });
    expect(told).toEqual(['new', 'recovered']);
  });

  it('that is not known any more has a gap, and is told', () => {
    const { made } = scene();
    const id = crypto.randomUUID();
    const client = made.connect(style, { id, ...positions('abc.7') });
    expect(client.texts.map(inner).slice(1)).toEqual([expect.stringMatching(/^-?\d+!gap$/)]);
    expect(client.texts.map(inner)[0]).toMatch(new RegExp(`^${client.resource.uuid}\\|`));
    expect(told).toEqual(['gap']);
  });

  it('that makes a position up gets nothing that was not for it, and nothing twice from then on', () => {
    const { made, say } = scene();
    say('before');
    const first = made.connect(style, positions());
    const epoch = epochOf(inner(first.texts[0] ?? ''));
    say('a');
    first.resource.detach(first, 'lost');
    const past = made.again(first, positions(`${epoch}.-1`));
    made.clock.turn();
    expect(past.texts.slice(1).map(inner).join('')).toBe('1:a');
    past.resource.detach(past, 'lost');
    const future = made.again(first, positions(`${epoch}.99999`));
    say('b');
    expect(future.texts.slice(1).map(inner).join('')).toBe('2:b');
  });
});

describe.each(['socket', 'stream', 'poll'] as const)('The notice of a gap that is lost on its way over %s', (style) => {
  const whole = (client: FakeConnection): string => inner(client.texts.join(' '));

  /** A client that never gets more than the handshake, until it says that it has what the notice says. */
  function deaf(made: Scene, first: FakeConnection, said: string): string[] {
    const come = (position: string): string => {
      const client = made.again(first, { tracking: true, ...positions(position) });
      made.clock.turn();
      const text = whole(client);
      client.resource.detach(client, 'lost');
      return text;
    };
    const lost = come(said);
    const [, number = ''] = /(-?\d+)!gap/.exec(lost) ?? [];
    return [lost, come(said), come(`${said.split('.')[0]}.${number}`)];
  }

  it.each([0, 3])('comes again to who was not known any more, when %i messages had been sent before', (sent) => {
    const { made, say } = scene();
    for (let count = 0; count < sent; count++) say('before');
    const id = crypto.randomUUID();
    const client = made.connect(style, { id, tracking: true, ...positions('abc.7') });
    const [, said = ''] = /\|(\w+\.-?\d+)\|/.exec(whole(client)) ?? [];
    client.resource.detach(client, 'lost');
    const [lost, again, heard] = deaf(made, client, said);
    expect(lost).toMatch(/\d+!gap/);
    expect(again).toMatch(/\d+!gap/);
    expect(heard).not.toContain('gap');
  });

  it('comes again to who was late, and is known anew under its id', () => {
    const { made, say } = scene();
    const first = made.connect(style, { tracking: true, ...positions() });
    const epoch = epochOf(whole(first).replace(/^\d+\|(?=.{36}\|)/, ''));
    say('a', 'b');
    if (first.resource.state !== 'away') first.resource.detach(first, 'lost');
    made.clock.advance(60_000);
    expect(first.resource.state).toBe('closed');
    const [lost, again, heard] = deaf(made, first, `${epoch}.-1`);
    expect(lost).toMatch(/1!gap/);
    expect(again).toMatch(/1!gap/);
    expect(heard).not.toContain('gap');
  });
});

describe('A client that asks for positions by long-polling', () => {
  it('gets an answer that was lost on its way with its next poll', () => {
    const { made, say } = scene();
    const greeted = made.connect('poll', { tracking: true, ...positions() });
    const epoch = epochOf(greeted.texts[0]?.slice(3));
    const poll = made.again(greeted, { tracking: true, ...positions(`${epoch}.-1`) });
    say('a');
    expect(poll.texts.join('')).toBe('3|0:a');
    const again = made.again(greeted, { tracking: true, ...positions(`${epoch}.-1`) });
    expect(again.texts.join('')).toBe('3|0:a');
    const next = made.again(greeted, { tracking: true, ...positions(`${epoch}.0`) });
    say('b');
    expect(next.texts.join('')).toBe('3|1:b');
  });

  it('that was answered with the notice of a gap alone goes on behind the gap', () => {
    const { made, say } = scene({ config: { logMessages: 2 } });
    const greeted = made.connect('poll', { tracking: true, ...positions() });
    const epoch = epochOf(greeted.texts[0]?.slice(3));
    greeted.resource.detach(greeted, 'lost');
    say('a', 'b', 'c');
    const told = made.again(greeted, { tracking: true, ...positions(`${epoch}.-1`) }).texts.join('');
    expect(told).toMatch(/^5\|0!gap/);
    const next = made.again(greeted, { tracking: true, ...positions(`${epoch}.0`) });
    expect(next.texts.join('')).toBe('3|1:b3|2:c');
  });
});

describe('A client with positions that has more than one source', () => {
  const twoTopics = (style: 'socket' | 'poll') => {
    const { made, say } = scene({ config: { logMessages: 2 } });
    const first = made.connect(style, { tracking: true, ...positions() });
    const epoch = epochOf(style === 'poll' ? first.texts[0]?.slice(3) : inner(first.texts[0] ?? ''));
    const news = made.app.broadcasters.lookup('/news');
    first.resource.subscribe(news);
    first.resource.detach(first, 'lost');
    say('a');
    news.broadcast('old');
    say('b', 'c', 'd');
    const again = (sequence: number): string => {
      const back = made.again(first, { tracking: true, ...positions(`${epoch}.${sequence}`) });
      made.clock.turn();
      const text = back.texts.join('');
      back.resource.detach(back, 'lost');
      return text;
    };
    return again;
  };

  it('gets what is older than what is missing before the notice', () => {
    expect(twoTopics('socket')(-1)).toMatch(/1:old.*2!gap.*3:c.*4:d/);
  });

  it('is told of a gap once, and goes on, poll by poll', () => {
    const again = twoTopics('poll');
    expect(again(-1)).toBe('5|1:old');
    expect(again(1)).toBe('5|2!gap');
    expect(again(2)).toBe('3|3:c3|4:d');
  });
});

describe('A client with positions to whom messages of several sources are missing', () => {
  const twoGaps = (style: 'socket' | 'poll') => {
    const { made, say } = scene({ config: { logMessages: 2 } });
    const first = made.connect(style, { tracking: true, ...positions() });
    const epoch = epochOf(style === 'poll' ? first.texts[0]?.slice(3) : inner(first.texts[0] ?? ''));
    first.resource.detach(first, 'lost');
    for (const own of ['x', 'y', 'z']) first.resource.send(own);
    say('a', 'b', 'c');
    return (sequence: number): string => {
      const back = made.again(first, { tracking: true, ...positions(`${epoch}.${sequence}`) });
      made.clock.turn();
      const text = back.texts.join(' ');
      back.resource.detach(back, 'lost');
      return text;
    };
  };

  it('is told of each gap before what comes after it', () => {
    expect(twoGaps('socket')(-1)).toMatch(/0!gap.*1:y.*2:z.*3!gap.*4:b.*5:c/);
  });

  it('is told poll by poll', () => {
    const again = twoGaps('poll');
    expect([again(-1), again(0), again(2), again(3)]).toEqual(['5|0!gap', '3|1:y3|2:z', '5|3!gap', '3|4:b3|5:c']);
  });
});

describe('Delivery at least once', () => {
  it('sends again what is not proven to have arrived, also what was sent to the resource alone', () => {
    const { made, say } = scene({ config: { delivery: 'at-least-once' } });
    const first = made.connect('socket');
    const pings: string[] = [];
    Object.assign(first, { sendPing: (data: string) => pings.push(data) });
    say('a');
    made.clock.advance(10_000);
    say('b');
    first.resource.send('own');
    first.resource.recovery.answered(String(pings[0]));
    first.resource.detach(first, 'lost');
    say('c');
    expect(made.again(first).texts.slice(1)).toEqual(['b', 'own', 'c']);
  });

  it('takes the answer to a poll for proven, and does not give it again', () => {
    const { made, say } = scene({ config: { delivery: 'at-least-once' } });
    const greeted = made.connect('poll', { tracking: true });
    const poll = made.again(greeted, { tracking: true });
    say('a');
    expect(poll.texts.join('')).toBe('1|a');
    const next = made.again(greeted, { tracking: true });
    expect(next.texts).toEqual([]);
    say('b');
    expect(next.texts.join('')).toBe('1|b');
  });

  it('is not what a service gets that did not ask for it', () => {
    const { made, say } = scene();
    const first = made.connect('socket');
    say('a');
    first.resource.detach(first, 'lost');
    say('b');
    expect(made.again(first).texts.slice(1)).toEqual(['b']);
  });
});

describe('What waited in the memory of the server for a slow client', () => {
  it('is missing when its connection ends, and the service is told', () => {
    const { made } = scene();
    const first = made.connect('stream');
    first.results.push('full');
    first.resource.send('taken, never read');
    made.clock.turn();
    first.resource.detach(first, 'lost');
    made.again(first);
    expect(told).toEqual(['new', 'gap']);
    expect(made.app.counters.snapshot().gaps).toBe(1);
  });
});

describe('A slow client', () => {
  it.each([
    ['lag', ['3', '4', '5', '6', '7']],
    ['drop-oldest', ['6', '7']],
    ['drop-newest', ['3', '4']],
    [coalesce((text: string) => String(Number(text) % 2)), ['6', '7']],
  ] as const)('gets what the policy %j says when it has drained', (slowClients, expected) => {
    const { made, say } = scene({ slowClients, config: { slowClientMessages: 2 } });
    const slow = made.connect('socket');
    say('1');
    slow.results.push('full');
    slow.resource.send('2');
    say('3', '4', '5', '6', '7');
    expect(slow.texts.slice(1)).toEqual(['1', '2']);
    slow.resource.drained(slow);
    expect(slow.texts.slice(3)).toEqual(expected);
    say('8');
    expect(slow.texts.at(-1)).toBe('8');
    expect(slow.closedWith).toBeUndefined();
  });

  it('is cut off by the policy disconnect when too much waits, and goes on where it was', () => {
    const { made, say } = scene({ slowClients: 'disconnect', config: { slowClientMessages: 2 } });
    const slow = made.connect('socket', positions());
    const epoch = epochOf(slow.texts[0]);
    slow.results.push('full');
    slow.resource.send('1');
    say('2', '3');
    made.clock.advance(2000);
    expect(slow.closedWith).toBeUndefined();
    say('4');
    made.clock.advance(2000);
    expect(slow.closedWith?.failure?.code).toBe('slow-client');
    expect(made.again(slow, positions(`${epoch}.-1`)).texts.slice(1)).toEqual(['0:1', '1:2', '2:3', '3:4']);
  });

  it('that does not read at all is cut off after the limit', () => {
    const { made } = scene({ config: { slowClientSeconds: 5 } });
    const dead = made.connect('stream');
    dead.results.push('full');
    dead.resource.send('1');
    made.clock.turn();
    made.clock.advance(6000);
    expect(dead.closedWith?.failure?.code).toBe('slow-client');
    made.again(dead);
    expect(told).toEqual(['new', 'gap']);
    expect(made.app.counters.snapshot().gaps).toBe(1);
  });

  it('of a native group leaves it before the transport throws messages away, and misses nothing', () => {
    const { made, say } = scene();
    const slow = made.connect('socket');
    let congested = true;
    Object.assign(slow, { congested: () => congested });
    const large = 'x'.repeat(100_000);
    say(large, large);
    const taken = slow.texts.length;
    say('later');
    expect(slow.texts).toHaveLength(taken);
    congested = false;
    slow.resource.drained(slow);
    expect(slow.texts.at(-1)).toBe('later');
  });
});

describe('Two clients with one id', () => {
  it('do not chase each other for ever', () => {
    const { made } = scene();
    let holder = made.connect('socket');
    const outcomes = Array.from({ length: 12 }, () => {
      const other = made.again(holder);
      if (!other.closedWith) holder = other;
      return other.closedWith?.failure?.code;
    });
    expect(outcomes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined));
    expect(outcomes.slice(10)).toEqual(['rate-limited', 'rate-limited']);
    expect(holder.closedWith).toBeUndefined();
    made.clock.advance(2000);
    expect(made.again(holder).closedWith).toBeUndefined();
  });
});

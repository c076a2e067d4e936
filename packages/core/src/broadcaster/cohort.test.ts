import type { Framing } from '../codec/framing';
import { executedBy } from '../executed.fixture';
import { Scene, type FakeConnection } from '../port.fixture';
import type { Resource } from '../resource/resource';
import { BATCH_BYTES } from './pulled';
import { expectSameStories, Room, told } from '../resource/way.fixture';

const config = { heartbeatSeconds: 0, recoverySeconds: 20, logMessages: 4, logSeconds: 5, slowClientSeconds: 3 };

function room(streams: number) {
  const scene = new Scene([Room], { config });
  const all = Array.from({ length: streams }, () => scene.connect('stream'));
  const { broadcaster } = (all[0] as FakeConnection).resource;
  const say = (text: string, options?: object): void => void broadcaster.broadcast(text, options);
  const forget = (): void => all.forEach(({ writes }) => (writes.length = 0));
  say('hello');
  scene.clock.turn();
  forget();
  return { scene, all: all as [FakeConnection, FakeConnection, FakeConnection], broadcaster, say, forget };
}

const texts = (all: readonly FakeConnection[]): string[] => all.map((stream) => stream.texts.join(''));

/** How each is served. */
const lives = (all: readonly FakeConnection[]) => all.map(({ resource }) => resource.out['debts'].first?.live);

describe('Streams that have got the same', () => {
  it('are written to together, in one write each, and their resources are not looked at', () => {
    const { scene, all, say } = room(3);
    const flushes = all.map(({ resource }) => jest.spyOn(resource.out, 'flush'));
    say('one');
    say('two');
    scene.clock.turn();
    expect([...all.map(({ writes }) => writes.length), ...texts(all)]).toEqual([
      1,
      1,
      1,
      ...Array<string>(3).fill('<one><two>'),
    ]);
    for (const flush of flushes) expect(flush).not.toHaveBeenCalled();
  });

  it('cost one more write each, and little else', () => {
    const cost = (streams: number): number => {
      const { scene, say } = room(streams);
      return executedBy(() => (say('more'), scene.clock.turn()));
    };
    // The stand-in for a connection runs three functions.
    expect((cost(500) - cost(100)) / 400).toBeLessThan(6);
  });

  it('leave out who is not to get a message, and go on with it', () => {
    const { scene, all, say } = room(3);
    say('to others', { except: all[1].resource });
    say('to all');
    scene.clock.turn();
    expect(texts(all)).toEqual(['<to others><to all>', '<to all>', '<to others><to all>']);
    expect(lives(all)).toEqual(['in step', 'in step', 'in step']);
  });

  it('leave out who is not to get more than fits one write, and what follows comes once', () => {
    const { scene, all, say } = room(3);
    // As many as are remembered: before the next one they are written.
    for (const text of ['one', 'two', 'three', 'four']) say(text);
    say('x'.repeat(BATCH_BYTES), { except: all[1].resource });
    expect(lives(all)).toEqual(['in step', 'in step', 'in step']);
    say('five');
    say('six');
    scene.clock.turn();
    expect(all[1].texts.join('')).toBe('<one><two><three><four><five><six>');
    expect(all[0].texts.join('')).toBe(all[2].texts.join(''));
  });

  it('get what is not the same for all by themselves, and are together again', () => {
    const { scene, all, say } = room(3);
    say('before');
    say('to some', { to: (resource: Resource) => resource !== all[2].resource });
    say('after');
    scene.clock.turn();
    expect(texts(all)).toEqual(['<before><to some><after>', '<before><to some><after>', '<before><after>']);
    expect(lives(all)).toEqual(['in step', 'in step', 'in step']);
  });

  it('are each sent what is sent to them alone in the order in which it was sent', () => {
    const { scene, all, say } = room(3);
    say('one');
    all[1].resource.send('two');
    say('three');
    scene.clock.turn();
    expect(texts(all)).toEqual(['<one><three>', '<one><two><three>', '<one><three>']);
    expect(lives(all)).toEqual(['in step', 'in step', 'in step']);
  });

  it('are by themselves while they are subscribed to more, so that all comes in order', () => {
    const { scene, all, say } = room(3);
    const hall = scene.app.broadcasters.lookup('/hall');
    all[0].resource.subscribe(hall);
    for (const text of ['one', 'three']) {
      say(text);
      hall.broadcast(text === 'one' ? 'two' : 'four');
    }
    scene.clock.turn();
    expect(texts(all)).toEqual(['<one><two><three><four>', '<one><three>', '<one><three>']);
    expect(lives(all)).toEqual(['pulled', 'in step', 'in step']);
    all[0].resource.unsubscribe(hall);
    say('five');
    scene.clock.turn();
    expect(lives(all)).toEqual(['in step', 'in step', 'in step']);
  });

  it('are left by one that is full, which goes on where it was when it has drained', () => {
    const { scene, all, say, forget } = room(3);
    all[1].results.push('full');
    say('one');
    scene.clock.turn();
    expect(lives(all)).toEqual(['in step', 'no', 'in step']);
    say('two');
    scene.clock.turn();
    expect(texts(all)).toEqual(['<one><two>', '<one>', '<one><two>']);
    forget();
    all[1].resource.drained(all[1]);
    say('three');
    scene.clock.turn();
    expect(texts(all)).toEqual(['<three>', '<two><three>', '<three>']);
    expect(lives(all)).toEqual(['in step', 'in step', 'in step']);
  });

  it('are left by one that is over, which gets what it has missed when it is back', () => {
    const { scene, all, say } = room(3);
    all[1].results.push('closed');
    say('one');
    scene.clock.turn();
    all[1].resource.detach(all[1], 'lost');
    const again = scene.again(all[1]);
    expect(again.texts.join('')).toContain('<one>');
  });

  it('all get a message when one throws, and those that follow', () => {
    const { scene, all, say } = room(3);
    jest.spyOn(all[0], 'write').mockImplementationOnce(() => {
      throw new Error('broken');
    });
    say('one');
    scene.clock.turn();
    expect(texts(all)).toEqual(['', '<one>', '<one>']);
    expect(scene.logger.lines).toEqual([expect.objectContaining({ message: 'A connection could not be written to' })]);
  });

  it('keep nothing from others when a message could not be framed for them, and get it with the next one', () => {
    const { scene, all, say, forget } = room(3);
    all[2].resource.subscribe(scene.app.broadcasters.lookup('/hall'));
    const { framing } = all[0].resource.out;
    const frame = jest.spyOn(framing as Framing, 'frame').mockImplementationOnce(() => {
      throw new Error('broken');
    });
    say('one');
    scene.clock.turn();
    frame.mockRestore();
    expect([...texts(all), scene.logger.lines.length]).toEqual(['', '', '<one>', 1]);
    forget();
    say('two');
    scene.clock.turn();
    expect(texts(all)).toEqual(['<one><two>', '<one><two>', '<two>']);
  });

  it('are told apart by how they are framed', () => {
    const { scene, all, say } = room(3);
    const framed = scene.connect('stream', { tracking: true });
    framed.writes.length = 0;
    say('one');
    scene.clock.turn();
    expect([...texts(all), ...texts([framed])]).toEqual(['<one>', '<one>', '<one>', '<3|one>']);
    expect(lives([...all, framed])).toEqual(['in step', 'in step', 'in step', 'in step']);
  });

  it('are asked what they are owed at any time', () => {
    const { scene, all, say } = room(3);
    const { out } = all[0].resource;
    expect(out.owes).toBe(false);
    say('one');
    expect(out.owes).toBe(true);
    expect(out.position).toBeLessThan(all[0].resource.out.parts.lastSequence());
    scene.clock.turn();
    expect([out.owes, ...texts(all)]).toEqual([false, '<one>', '<one>', '<one>']);
  });

  it('get a message that is not remembered', () => {
    const { scene, all, say, broadcaster } = room(3);
    broadcaster.cacheInspectors.push({ inspect: (message) => message !== 'once' });
    say('before');
    say('once', { except: all[2].resource });
    scene.clock.turn();
    expect(texts(all)).toEqual(['<before><once>', '<before><once>', '<before>']);
  });
});

/** What may happen to a client. */
const steps: Readonly<Record<string, (life: Life) => unknown>> = {
  'end of the turn': ({ scene }) => scene.clock.turn(),
  broadcast: (life) => life.room.broadcast(life.next()),
  'come back': (life) => life.resource.state === 'away' && life.comeBack(),
  'broadcast to others': (life) => life.room.broadcast(life.next(), { except: life.resource }),
  wait: ({ scene }) => scene.clock.advance(900),
  'broadcast to those for whom it is meant': (life) => life.room.broadcast(life.next(), { to: () => true }),
  'broadcast what is not remembered': (life) => life.room.broadcast(`${life.next()}, once`),
  'broadcast to it alone': (life) => life.room.broadcast(life.next(), { to: life.resource }),
  'broadcast more than is remembered': (life) => [1, 2, 3, 4, 5].map(() => life.room.broadcast(life.next())),
  'broadcast elsewhere': (life) => life.hall.broadcast(life.next()),
  'broadcast to one that says more': (life) =>
    life.room.broadcast(life.next(), { to: () => (life.resource.send(life.next()), true) }),
  'broadcast to one that leaves': (life) =>
    life.room.broadcast(life.next(), { to: () => (life.resource.unsubscribe(life.room), true) }),
  send: (life) => life.resource.send(life.next()),
  'send when it is resumed': (life) => life.resource.sendOnResume(life.next()),
  subscribe: ({ resource, hall }) => resource.subscribe(hall),
  unsubscribe: ({ resource, hall }) => resource.unsubscribe(hall),
  leave: ({ resource, room: left }) => resource.unsubscribe(left),
  return: ({ resource, room: joined }) => resource.subscribe(joined),
  destroy: ({ hall }) => hall.destroy(),
  'take no more': ({ latest }) => latest.results.push('full'),
  'take nothing': ({ latest }) => latest.results.push('closed'),
  drain: ({ latest, resource }) => (latest.results.splice(0), resource.drained(latest)),
  break: ({ latest, resource }) => resource.detach(latest, 'lost'),
  'connect again': (life) => life.resource.state !== 'closed' && life.comeBack(),
  suspend: ({ resource }) => resource.suspend(),
  resume: ({ resource }) => resource.resume(),
  'wait for long': ({ scene }) => scene.clock.advance(8500),
  miss: ({ resource }) => resource.out.owed.missed(),
  close: ({ resource }) => resource.close(),
};
const names = Object.keys(steps);
const anyId = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const everyday = 5;

/** A client beside another, and all that it and its service saw. */
class Life {
  readonly scene = new Scene([Room], { config });
  readonly neighbour = this.scene.connect('stream');
  latest = this.scene.connect('stream');
  readonly resource = this.latest.resource;
  readonly room = this.resource.broadcaster;
  readonly hall = this.scene.app.broadcasters.lookup('/hall');
  #messages = 0;

  constructor() {
    this.room.cacheInspectors.push({ inspect: (message) => !String(message).endsWith('once') });
  }

  next(): string {
    return `m${this.#messages++}`;
  }

  comeBack(): void {
    this.latest = this.scene.again(this.latest);
  }

  /** @param together whether its stream may be in step with others */
  live(way: readonly string[], together: boolean): string[] {
    told.length = 0;
    return way.map((name) => {
      if (!together) this.resource.out.stepOut();
      return `${name}: ${this.#happen(name)}; ${this.#look()}`;
    });
  }

  #happen(name: string): string {
    try {
      steps[name]?.(this);
      return 'done';
    } catch (error) {
      return String(error);
    }
  }

  #look(): string {
    const { resource, latest, neighbour } = this;
    const seen = [latest, neighbour].map((stream) => stream.texts.join('').replace(anyId, 'id'));
    return [resource.state, ...seen, latest.closedWith?.failure?.code, told.splice(0)].map(String).join('; ');
  }
}

describe('A stream in step with others', () => {
  it('brings and tells all that it does by itself, whatever happens', () => {
    expectSameStories(names, everyday, (way, together) => new Life().live(way, together));
  });
});

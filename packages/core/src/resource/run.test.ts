import { FakeConnection, Scene } from '../port.fixture';
import { Poller } from './poller.fixture';
import { expectSameStories, Room, told } from './way.fixture';

const config = { heartbeatSeconds: 0, pollGraceSeconds: 20, logMessages: 4, logSeconds: 5 };

function coastingPoller(): Poller {
  const poller = new Poller(new Scene([Room], { config }));
  poller.pollAndAnswer(2);
  return poller;
}

/** How often the resource of a poller was looked at for a connection, or flushed. */
function looks({ resource }: Poller): () => number {
  const spies = [jest.spyOn(resource, 'attach'), jest.spyOn(resource, 'detach'), jest.spyOn(resource.out, 'flush')];
  return () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

describe('A run of polls', () => {
  it('leaves its resource alone while nothing is owed but what one broadcaster says', () => {
    const poller = coastingPoller();
    const looked = looks(poller);
    for (let round = 0; round < 3; round++) {
      const connection = poller.poll();
      expect(connection.texts).toEqual([]);
      poller.answer();
      expect(connection.texts).toEqual(['hello']);
    }
    poller.resource.broadcaster.broadcast('between');
    expect(poller.poll().texts).toEqual(['between']);
    expect(looked()).toBe(0);
  });
});

describe('The resource of a run', () => {
  it.each<[string, (poller: Poller) => unknown]>([
    ['is suspended', ({ resource }) => resource.suspend()],
    ['is to be sent something when it is resumed', ({ resource }) => resource.sendOnResume('later')],
    ['is sent something', ({ resource }) => resource.send('now')],
    ['is asked where its client is', ({ resource }) => resource.recovery],
    ['has lost a poll', ({ resource }) => resource.breakPoll()],
    ['belongs to an app that stops', ({ scene }) => void scene.app.stop()],
  ])('sees to its polls itself from when it %s', (_, act) => {
    const poller = coastingPoller();
    const { resting } = poller.resource;
    expect(resting?.coasts).toBe(true);
    act(poller);
    expect(resting?.coasts).toBe(false);
  });

  it('sees to its polls itself while it is subscribed to more than one broadcaster', () => {
    const poller = coastingPoller();
    const hall = poller.scene.app.broadcasters.lookup('/hall');
    poller.resource.subscribe(hall);
    poller.repeat();
    poller.answer();
    expect(poller.resource.resting?.coasts).toBe(false);
    hall.broadcast('elsewhere');
    poller.scene.clock.turn();
    expect(poller.repeat().texts).toEqual(['elsewhere']);
  });

  it('waits as long for the next poll, whenever it was looked at', () => {
    const poller = coastingPoller();
    const { clock } = poller.scene;
    for (let second = 0; second < 30; second++) {
      poller.repeat();
      poller.answer();
      clock.advance(1000);
    }
    poller.resource.out.land();
    clock.advance(18_900);
    expect(poller.resource.state).toBe('away');
    clock.advance(200);
    expect(poller.resource.state).toBe('closed');
  });
});

/** What may happen to a client. */
const steps: Readonly<Record<string, (life: Life) => unknown>> = {
  poll: ({ poller, resource }) => resource.state !== 'ready' && poller.repeat(),
  'poll, or not': ({ poller, resource }) => resource.state !== 'ready' && poller.repeat(),
  'end of the turn': ({ scene }) => scene.clock.turn(),
  broadcast: (life) => life.room.broadcast(life.next()),
  wait: ({ scene }) => scene.clock.advance(2900),
  'broadcast to others': (life) => life.room.broadcast(life.next(), { except: life.resource }),
  'broadcast to those for whom it is meant': (life) => life.room.broadcast(life.next(), { to: () => true }),
  'broadcast what is not remembered': (life) => life.room.broadcast(`${life.next()}, once`),
  'broadcast to it alone': (life) => life.room.broadcast(life.next(), { to: life.resource }),
  'broadcast more than is remembered': (life) => [1, 2, 3, 4, 5].map(() => life.room.broadcast(life.next())),
  'broadcast elsewhere': (life) => life.hall.broadcast(life.next()),
  'send when it is resumed': (life) => life.resource.sendOnResume(life.next()),
  send: (life) => life.resource.send(life.next()),
  subscribe: ({ resource, hall }) => resource.subscribe(hall),
  unsubscribe: ({ resource, hall }) => resource.unsubscribe(hall),
  leave: ({ resource, room }) => resource.unsubscribe(room),
  return: ({ resource, room }) => resource.subscribe(room),
  destroy: ({ hall }) => hall.destroy(),
  'poll twice': ({ poller }) => (poller.repeat(), poller.repeat()),
  'poll by way of the interceptors': ({ poller, resource }) => resource.state !== 'ready' && poller.poll(),
  'poll, saying something else': ({ poller }) => poller.poll('a=1'),
  'break off': (life) => life.latest && life.resource.detach(life.latest, 'lost'),
  'break off early': ({ resource }) => resource.breakPoll(),
  suspend: ({ resource }) => resource.suspend(),
  resume: ({ resource }) => resource.resume(),
  'wait for long': ({ scene }) => scene.clock.advance(8500),
  miss: ({ resource }) => resource.out.owed.missed(),
  stop: ({ scene }) => void scene.app.stop(),
};
const names = Object.keys(steps);
const anyId = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
/** With these a client stays as it is. */
const everyday = 5;

/** A client, and all that it and its service saw. */
class Life {
  readonly scene = new Scene([Room], { config });
  readonly poller = new Poller(this.scene);
  readonly resource = this.poller.resource;
  readonly room = this.resource.broadcaster;
  readonly hall = this.scene.app.broadcasters.lookup('/hall');
  latest: FakeConnection | undefined;
  #messages = 0;

  constructor() {
    this.room.cacheInspectors.push({ inspect: (message) => !String(message).endsWith('once') });
  }

  next(): string {
    return `m${this.#messages++}`;
  }

  /** @param coasts whether its run may coast */
  live(way: readonly string[], coasts: boolean): string[] {
    told.length = 0;
    return way.map((name) => {
      if (!coasts) this.resource.out.land();
      return `${name}: ${this.#happen(name)}; ${this.#look()}`;
    });
  }

  #happen(name: string): string {
    try {
      const came = steps[name]?.(this);
      if (came instanceof FakeConnection) this.latest = came;
      return 'done';
    } catch (error) {
      return String(error);
    }
  }

  #look(): string {
    const { resource, latest } = this;
    const texts = latest?.texts.map((text) => text.replace(anyId, 'id'));
    return [resource.state, texts, latest?.closedWith?.failure?.code, told.splice(0)].map(String).join('; ');
  }
}

describe('A run of polls that coasts', () => {
  it('brings and tells all that it does when its resource is looked at before each step, whatever happens', () => {
    expectSameStories(names, everyday, (way, coasts) => new Life().live(way, coasts));
  });
});

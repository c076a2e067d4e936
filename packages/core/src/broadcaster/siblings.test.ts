import { ManagedService } from '../declaration/decorators';
import { BoundedMemoryCache } from '../log/bounded-memory-cache';
import { Scene } from '../port.fixture';
import type { Crossed } from './siblings';

@ManagedService('/chat/{room}')
class Chat {}

@ManagedService({ path: '/news/{topic}', broadcasterCache: BoundedMemoryCache })
class News {}

/** A service as one of several threads has it, with two clients, and what crosses to the others. */
function thread() {
  const crossed: Crossed[] = [];
  let ids = 0;
  const newId = (): string => `00000000-0000-4000-8000-${`${++ids}`.padStart(12, '0')}`;
  const scene = new Scene([Chat, News], { siblings: { newId, cross: (one) => void crossed.push(one) } });
  const [one, other] = [1, 2].map(() => scene.connect('stream', { path: '/chat/blue', protocol: false }));
  if (!one || !other) throw new Error('nobody is there');
  const said = (): unknown[] => crossed.map((each) => ('payload' in each ? [each.id, each.payload] : each));
  const heard = (): string[] => {
    scene.clock.turn();
    return [one, other].map(({ texts }) => texts.join());
  };
  return { scene, blue: scene.app.broadcasters.lookup('/chat/blue'), one, other, said, heard };
}

const noFunction =
  "can't be a function when the services run in several threads: give a broadcaster of its own to those";

describe('Where the services run in several threads', () => {
  it('refuses to ask for each receiver, whom other threads have, and sends to nobody', () => {
    const { blue, said, heard } = thread();
    expect(() => blue.broadcast('x', { to: () => true })).toThrow(`Broadcaster "/chat/blue": \`to\` ${noFunction}`);
    expect(() => blue.broadcast('x', { except: () => true })).toThrow(`\`except\` ${noFunction}`);
    blue.filters.push({
      filter: (message) => ({ action: 'CONTINUE', message }),
      filterFor: () => ({ action: 'ABORT' }),
    });
    const noFilter =
      'Broadcaster "/chat/blue": a filter can\'t have `filterFor` when the services run in several threads';
    expect(() => blue.broadcast('x')).toThrow(noFilter);
    expect(() => blue.broadcastOnResume('x')).toThrow(noFilter);
    expect(said()).toEqual([]);
    expect(heard()).toEqual(['', '']);
  });

  it('sends to resources that are named, and to all but these', () => {
    const { blue, one, other, said, heard } = thread();
    blue.broadcast('a', { to: one.resource });
    blue.broadcast('b', { to: [one.resource] });
    expect(said()).toEqual([]);
    blue.broadcast('c', { except: one.resource });
    blue.broadcast('d', { except: [other.resource] });
    expect(said()).toEqual([
      ['/chat/blue', 'c'],
      ['/chat/blue', 'd'],
    ]);
    expect(heard().map((text) => [...text.replaceAll(/[^a-d]/g, '')].sort().join(''))).toEqual(['abd', 'c']);
  });

  it('takes from other threads what somebody here gets, now or later, and makes nothing of the rest', () => {
    const { scene, heard } = thread();
    const { broadcasters } = scene.app;
    const from = (id: string): Crossed => ({
      act: 'broadcast',
      id,
      payload: `from ${id}`,
      at: scene.clock.time,
      remembered: true,
    });
    for (const id of ['/chat/blue', '/chat/red', '/news/a', 'nowhere']) broadcasters.receive(from(id));
    expect(heard()).toEqual(['<from /chat/blue>', '<from /chat/blue>']);
    expect(broadcasters.all().map(({ id }) => id)).toEqual(['/chat/blue', '/news/a']);
    const late = scene.connect('stream', { path: '/news/a', protocol: false });
    scene.clock.turn();
    expect(late.texts).toEqual(['<from /news/a>']);
  });

  it('refuses patterns, for no thread knows all names, but not a name that another thread may know', () => {
    const { scene, said } = thread();
    const { metaBroadcaster } = scene.app;
    const mend = 'several threads: broadcast to each of them by its name, with broadcasters.lookup(name)';
    for (const pattern of ['/*', '/chat/*', '/chat/{room}']) {
      expect(() => metaBroadcaster.broadcastTo(pattern, 'x')).toThrow(
        `"${pattern}" can't tell which broadcasters there are when the services run in ${mend}`,
      );
      expect(() => metaBroadcaster.delayTo(pattern, 'x', 1)).toThrow(mend);
      expect(() => metaBroadcaster.scheduleTo(pattern, 'x', 1)).toThrow(mend);
    }
    expect(said()).toEqual([]);
    void metaBroadcaster.broadcastTo('/chat/blue', 'here');
    void metaBroadcaster.broadcastTo('/chat/red', 'there');
    expect(said()).toEqual([
      ['/chat/blue', 'here'],
      ['/chat/red', 'there'],
    ]);
  });

  it('refuses rooms, whose members are in all threads', () => {
    const { scene } = thread();
    expect(() => scene.app.rooms.room('tea')).toThrow(
      'There can be no room "tea" when the services run in several threads: each of them would know members of its own only',
    );
  });
});

import { ManagedService } from '../declaration/decorators';
import { Disk, MemoryStore } from '../log/memory-store.fixture';
import { ListLogger, Scene, settled } from '../port.fixture';

@ManagedService('/chat/{room}')
class Chat {}
@ManagedService('/lobby')
class Lobby {}

function rooms() {
  const scene = new Scene([Chat, Lobby]);
  const paths = ['/chat/blue', '/chat/red', '/lobby'];
  const clients = new Map(paths.map((path) => [path, scene.connect('stream', { path, protocol: false })]));
  scene.app.broadcasters.lookup('/chat/blue/annex');
  scene.app.broadcasters.lookup('news');
  const heard = (): string[] => {
    scene.clock.turn();
    return [...clients].flatMap(([path, { writes }]) => writes.splice(0).map((frames) => `${path} ${frames.join('')}`));
  };
  return { scene, meta: scene.app.metaBroadcaster, heard };
}

const names = (meta: ReturnType<typeof rooms>['meta'], pattern: string): string[] =>
  meta
    .matching(pattern)
    .map(({ id }) => id)
    .sort();

describe('A pattern', () => {
  it.each([
    ['/chat/blue', ['/chat/blue']],
    ['/chat/{room}', ['/chat/blue', '/chat/red']],
    ['/chat/{room: b.*}', ['/chat/blue', '/chat/blue/annex']],
    ['/chat/*', ['/chat/blue', '/chat/blue/annex', '/chat/red']],
    ['/*', ['/chat/blue', '/chat/blue/annex', '/chat/red', '/lobby', 'news']],
    ['news', ['news']],
    ['nothing', []],
    ['/nothing', []],
    ['/chat', []],
  ])('%s stands for %p', (pattern, expected) => {
    expect(names(rooms().meta, pattern)).toEqual(expected);
  });

  it('that can not be read is refused', () => {
    const { meta } = rooms();
    expect(() => meta.matching('/chat/{room')).toThrow('MetaBroadcaster: its path "/chat/{room" has a segment');
    expect(() => meta.broadcastTo('/chat/{room', 'x')).toThrow('has a segment');
  });
});

describe('The meta broadcaster', () => {
  it('sends to all that match, and tells of all receivers when all was written', async () => {
    const { scene, meta, heard } = rooms();
    const done = meta.broadcastTo('/chat/*', 'x');
    const { time } = scene.clock;
    scene.clock.turn();
    expect(await done).toEqual({ receivers: 2, writtenAt: time });
    expect(heard()).toEqual(['/chat/blue <x>', '/chat/red <x>']);
    expect(await meta.broadcastTo('/nothing', 'x')).toEqual({ receivers: 0, writtenAt: 0 });
  });

  it('reaches a member of a room once, by its path', async () => {
    const { scene, meta, heard } = rooms();
    const member = scene.connect('stream', { path: '/lobby', protocol: false });
    scene.app.rooms.room('tea').join(member.resource);
    scene.clock.turn();
    member.writes.length = 0;
    const names = scene.app.broadcasters.all().map(({ id }) => id);
    expect(names).toContain('/atmosphere/room/tea');
    for (const pattern of ['/*', '/lobby', '/atmosphere/*', '/atmosphere/room/{name}', '/{any}'])
      void meta.broadcastTo(pattern, pattern);
    await settled();
    heard();
    expect(member.texts.join('')).toBe('</*></lobby></{any}>');
  });

  it('takes the options of a broadcast', async () => {
    const { meta, heard } = rooms();
    void meta.broadcastTo('/*', 'x', { to: ({ endpoint }) => endpoint.path === '/lobby', encode: () => 'y' });
    await settled();
    expect(heard()).toEqual(['/lobby <y>']);
  });

  it('lets a broadcaster whose filter throws keep nothing from the others', () => {
    const { scene, meta, heard } = rooms();
    const boom = (): never => {
      throw new Error('boom');
    };
    scene.app.broadcasters.lookup('/chat/blue').filters.push({ filter: boom });
    expect(() => meta.broadcastTo('/chat/{room}', 'x')).toThrow('boom');
    expect(heard()).toEqual(['/chat/red <x>']);
  });

  it('tells those who wait that a store has failed, and ends no process of those who do not', async () => {
    const disk = new Disk();
    const scene = new Scene([Lobby], { store: new MemoryStore(disk), logger: new ListLogger() });
    scene.connect('stream', { path: '/lobby', protocol: false });
    disk.error = new Error('the disk is full');
    const unheard = jest.fn();
    process.on('unhandledRejection', unheard);
    const delivery = scene.app.metaBroadcaster.broadcastTo('/*', 'x');
    scene.clock.turn();
    await settled();
    // Node.js tells it when all that is settled has run.
    await new Promise(setImmediate);
    process.off('unhandledRejection', unheard);
    expect(unheard).not.toHaveBeenCalled();
    await expect(delivery).rejects.toMatchObject({ code: 'not-stored' });
  });

  it('sends later, and again and again, until it is called off', () => {
    const { scene, meta, heard } = rooms();
    meta.delayTo('/chat/*', 'later', 1_000);
    const scheduled = meta.scheduleTo('/lobby', 'tick', 1_000);
    const never = meta.delayTo('/*', 'never', 1_000);
    expect([never.cancel(), never.cancel()]).toEqual([true, false]);
    scene.clock.advance(2_100);
    scheduled.cancel();
    scene.clock.advance(5_000);
    expect(heard()).toEqual(['/chat/blue <later>', '/chat/red <later>', '/lobby <tick>', '/lobby <tick>']);
  });

  it('passes listeners on to all broadcasters', () => {
    const { meta } = rooms();
    const told: string[] = [];
    const listener = { onMessage: ({ id }: { id: string }) => void told.push(id) };
    meta.addBroadcasterListener(listener);
    for (const broadcaster of meta.matching('/chat/*')) broadcaster.broadcast('x');
    meta.removeBroadcasterListener(listener);
    for (const broadcaster of meta.matching('/lobby')) broadcaster.broadcast('x');
    expect(told.sort()).toEqual(['/chat/blue', '/chat/blue/annex', '/chat/red']);
  });
});

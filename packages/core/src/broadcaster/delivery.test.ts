import { createHook } from 'node:async_hooks';
import { ManagedService } from '../declaration/decorators';
import { Scene, settled } from '../port.fixture';

@ManagedService('/room')
class Room {}

describe('A delivery', () => {
  it('says at once how many are to get the message, those that are away included', () => {
    const scene = new Scene([Room]);
    const clients = [1, 2, 3].map(() => scene.connect('stream', { protocol: false }));
    const [first] = clients;
    first?.resource.detach(first, 'lost');
    expect(first?.resource.broadcaster.broadcast('x').receivers).toBe(3);
  });

  it('is awaited until all who are connected have been written to, and says when that was', async () => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', { protocol: false });
    let report: unknown;
    void client.resource.broadcaster.broadcast('x').then((value) => (report = value));
    await settled();
    expect([report, client.texts]).toEqual([undefined, []]);
    scene.clock.time += 7;
    scene.clock.turn();
    await settled();
    expect([report, client.texts]).toEqual([{ receivers: 1, writtenAt: scene.clock.time }, ['<x>']]);
  });

  it('is over at once where everything was written at once, or there was nobody', async () => {
    const scene = new Scene([Room]);
    const news = scene.app.broadcasters.lookup('news');
    expect(await news.broadcast('x')).toEqual({ receivers: 0, writtenAt: scene.clock.time });
    const client = scene.connect('socket', { protocol: false });
    expect(await client.resource.broadcaster.broadcast('x')).toEqual({ receivers: 1, writtenAt: scene.clock.time });
    expect(await client.resource.broadcaster.broadcast(undefined)).toEqual({
      receivers: 0,
      writtenAt: scene.clock.time,
    });
  });

  it('can be awaited together with others, and more than once', async () => {
    const scene = new Scene([Room]);
    const { broadcaster } = scene.connect('socket', { protocol: false }).resource;
    const delivery = broadcaster.broadcast('x');
    const [one, two] = await Promise.all([delivery, delivery]);
    expect(one).toEqual(two);
  });

  it('costs no promise when nobody waits', () => {
    const scene = new Scene([Room]);
    const { broadcaster } = scene.connect('socket', { protocol: false }).resource;
    let promises = 0;
    const hook = createHook({ init: (_id, type) => void (promises += Number(type === 'PROMISE')) }).enable();
    try {
      broadcaster.broadcast('x');
      broadcaster.broadcast('y');
    } finally {
      hook.disable();
    }
    expect(promises).toBe(0);
  });
});

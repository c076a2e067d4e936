import type { Broadcaster } from './broadcaster';
import { ManagedService } from '../declaration/decorators';
import type { LifeCycleListener, LifeCyclePolicy } from './life-cycle';
import { Scene, settled, type FakeConnection } from '../port.fixture';

@ManagedService('/room')
class Room {}

/** A broadcaster with a policy of ten seconds, what its listeners are told, and somebody who may subscribe. */
function policed(policy: LifeCyclePolicy) {
  const scene = new Scene([Room], { config: { recoverySeconds: 1_000 } });
  const told: string[] = [];
  const news: Broadcaster = scene.app.broadcasters.lookup('news');
  news.setLifeCyclePolicy(policy, 10);
  const listener: LifeCycleListener = {
    onEmpty: () => void told.push('empty'),
    onIdle: () => void told.push('idle'),
    onDestroy: () => void told.push('destroy'),
  };
  news.addLifeCycleListener(listener);
  const client: FakeConnection = scene.connect('stream', { protocol: false });
  return { scene, told, news, client, exists: () => scene.app.broadcasters.find('news') === news };
}

describe('The policy', () => {
  it('NEVER does nothing, and is what holds', () => {
    const { scene, told, news, client, exists } = policed('NEVER');
    news.broadcast('x');
    client.resource.subscribe(news);
    client.resource.unsubscribe(news);
    scene.clock.advance(200_000);
    expect([told, exists(), news.log.end - news.log.start]).toEqual([[], true, 1]);
  });

  it.each([
    ['EMPTY', true],
    ['EMPTY_DESTROY', false],
  ] as const)('%s acts when the last has left, whose log is forgotten; still there: %s', (policy, stays) => {
    const { scene, told, news, client, exists } = policed(policy);
    const other = scene.connect('stream');
    for (const { resource } of [client, other]) resource.subscribe(news);
    news.broadcast('x');
    client.resource.unsubscribe(news);
    expect(told).toEqual([]);
    other.resource.close();
    expect(told).toEqual(stays ? ['empty'] : ['empty', 'destroy']);
    expect([exists(), news.log.end - news.log.start]).toEqual([stays, 0]);
  });

  it('IDLE forgets the log when nothing was broadcast, again and again', () => {
    const { scene, told, news, exists } = policed('IDLE');
    scene.clock.advance(9_000);
    news.broadcast('x');
    scene.clock.advance(9_000);
    expect([told, news.log.end - news.log.start]).toEqual([[], 1]);
    scene.clock.advance(1_200);
    expect([told, news.log.end - news.log.start, exists()]).toEqual([['idle'], 0, true]);
    scene.clock.advance(10_200);
    expect(told).toEqual(['idle', 'idle']);
  });

  it('IDLE_DESTROY destroys, whoever is subscribed', () => {
    const { scene, told, news, client, exists } = policed('IDLE_DESTROY');
    client.resource.subscribe(news);
    scene.clock.advance(10_200);
    expect([told, exists(), client.resource.broadcasters.includes(news)]).toEqual([['idle', 'destroy'], false, false]);
    expect(client.resource.isSuspended).toBe(true);
  });

  it('IDLE_RESUME resumes those who are subscribed, and destroys', () => {
    const { scene, told, news, client, exists } = policed('IDLE_RESUME');
    client.resource.subscribe(news);
    scene.clock.advance(10_200);
    expect([told, exists(), client.resource.isSuspended]).toEqual([['idle', 'destroy'], false, false]);
  });

  it('IDLE_EMPTY_DESTROY waits until nobody is subscribed', () => {
    const { scene, told, news, client, exists } = policed('IDLE_EMPTY_DESTROY');
    client.resource.subscribe(news);
    scene.clock.advance(50_000);
    expect([told, exists()]).toEqual([[], true]);
    client.resource.unsubscribe(news);
    scene.clock.advance(9_000);
    expect(exists()).toBe(true);
    scene.clock.advance(11_300);
    expect([told, exists()]).toEqual([['idle', 'destroy'], false]);
  });

  it('may be changed, and the new one holds from then on', () => {
    const { scene, told, news } = policed('IDLE_DESTROY');
    news.setLifeCyclePolicy('NEVER');
    scene.clock.advance(400_000);
    expect(told).toEqual([]);
    news.setLifeCyclePolicy('IDLE');
    scene.clock.advance(299_000);
    expect(told).toEqual([]);
    scene.clock.advance(1_200);
    expect(told).toEqual(['idle']);
  });

  it('has an idle time', () => {
    const { news } = policed('NEVER');
    expect(() => news.setLifeCyclePolicy('IDLE', 0)).toThrow('an idle time of 0 seconds is none; it must be above 0');
  });
});

describe('Destroying', () => {
  it.each<[string, LifeCyclePolicy, (news: Broadcaster, client: FakeConnection) => void]>([
    ['destroyed', 'NEVER', (news) => void news.destroy()],
    ['destroyed when its last leaves', 'EMPTY_DESTROY', (news, client) => client.resource.unsubscribe(news)],
    ['emptied when its last leaves', 'EMPTY', (news, client) => client.resource.unsubscribe(news)],
  ])('keeps nothing from those who are away: a broadcaster is %s', (_, policy, act) => {
    const { scene, news, client } = policed(policy);
    client.resource.subscribe(news);
    client.resource.detach(client, 'lost');
    news.broadcast('the last');
    act(news, client);
    scene.clock.turn();
    expect(news.log.start).toBe(news.log.end);
    expect(scene.again(client, { protocol: false }).texts).toEqual(['<the last>']);
  });

  it('keeps what somebody may still be owed for no longer than a log does', () => {
    const { scene, news, client } = policed('NEVER');
    client.resource.subscribe(news);
    client.resource.detach(client, 'lost');
    news.broadcast('the last');
    news.destroy();
    const departed = client.resource.out.owed.departures?.all ?? [];
    expect(departed.map(({ log }) => log.end - log.start)).toEqual([1]);
    scene.clock.advance(400_000);
    expect(departed.map(({ log }) => log.end - log.start)).toEqual([0]);
    expect([...scene.clock.waiting].length).toBeLessThan(3);
    expect(scene.again(client, { protocol: false }).resource.out.owed.size).toBe(0);
  });

  it('is told once, however many were subscribed and whatever the policy', () => {
    const { told, news, client, scene } = policed('EMPTY_DESTROY');
    for (const { resource } of [client, scene.connect('stream')]) resource.subscribe(news);
    expect([news.destroy(), news.destroy()]).toEqual([true, true]);
    expect(told).toEqual(['destroy']);
  });

  it('that a listener objects to is tried again', () => {
    const { scene, told, news, exists } = policed('IDLE_DESTROY');
    let objects = true;
    news.addListener({ onPreDestroy: () => !objects });
    scene.clock.advance(10_200);
    expect([told, exists()]).toEqual([['idle'], true]);
    objects = false;
    scene.clock.advance(10_200);
    expect([told, exists()]).toEqual([['idle', 'idle', 'destroy'], false]);
  });

  it('begins the time of the policy anew when the broadcaster comes to life again', () => {
    const { scene, told, news, exists } = policed('IDLE_DESTROY');
    scene.clock.advance(10_200);
    news.broadcast('again');
    expect(exists()).toBe(true);
    scene.clock.advance(9_000);
    expect(exists()).toBe(true);
    scene.clock.advance(1_200);
    expect([told, exists()]).toEqual([['idle', 'destroy', 'idle', 'destroy'], false]);
  });
});

describe('A listener that throws, or rejects', () => {
  it('is logged and disturbs nobody: neither who leaves nor other listeners', async () => {
    const { scene, told, news, client } = policed('EMPTY_DESTROY');
    const boom = (): never => {
      throw new Error('boom');
    };
    const late = (): unknown => Promise.reject(new Error('late'));
    news.addLifeCycleListener({ onEmpty: boom, onDestroy: late });
    news.addLifeCycleListener({ onDestroy: () => void told.push('after') });
    client.resource.subscribe(news);
    client.resource.close();
    await settled();
    expect(told).toEqual(['empty', 'destroy', 'after']);
    expect(client.resource.state).toBe('closed');
    expect(scene.logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: "A life-cycle listener's onEmpty failed", fields: { broadcaster: 'news' } },
      { message: "A life-cycle listener's onDestroy failed", fields: { broadcaster: 'news' } },
    ]);
  });
});

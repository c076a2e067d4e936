import { ManagedService, Message, Ready } from '../declaration/decorators';
import { Scene, type FakeConnection, type Visit } from '../port.fixture';
import { Resource } from '../resource/resource';
import { AuthInterceptor } from './auth';
import { AtmosphereResourceStateRecovery } from './state-recovery';

@ManagedService('/room/{name}')
class Room {
  @Ready() onReady(_resource: Resource): void {}
  @Message() onMessage(_text: string): void {}
}

const broadcasters = ({ resource }: FakeConnection): string[] => resource.broadcasters.map(({ id }) => id).sort();

/** A client of `/room/a` that was in two more broadcasters and did not come back in time. */
function lapsed(options: ConstructorParameters<typeof Scene>[1] = {}, visit: Visit = {}) {
  const scene = new Scene([Room], { interceptors: [AtmosphereResourceStateRecovery], ...options });
  const client = scene.connect('stream', { path: '/room/a', ...visit });
  for (const id of ['news', 'weather']) client.resource.subscribe(scene.app.broadcasters.lookup(id));
  client.resource.detach(client, 'lost');
  scene.clock.advance(31_000);
  expect(client.resource.state).toBe('closed');
  return { scene, client };
}

describe('AtmosphereResourceStateRecovery', () => {
  it('subscribes who comes back too late to all that it had', () => {
    const { scene, client } = lapsed();
    const back = scene.again(client);
    expect(back.resource).not.toBe(client.resource);
    expect(broadcasters(back)).toEqual(['/room/a', 'news', 'weather']);
    scene.app.broadcasters.lookup('news').broadcast('rain');
    scene.clock.turn();
    expect(back.texts.at(-1)).toBe('<rain>');
  });

  it('does so once for each time, and again when it lapses again', () => {
    const { scene, client } = lapsed();
    const back = scene.again(client);
    back.resource.unsubscribe(scene.app.broadcasters.lookup('weather'));
    back.resource.detach(back, 'lost');
    scene.clock.advance(31_000);
    expect(broadcasters(scene.again(client))).toEqual(['/room/a', 'news']);
  });

  it('forgets after five minutes', () => {
    const { scene, client } = lapsed();
    scene.clock.advance(5 * 60_000);
    expect(broadcasters(scene.again(client))).toEqual(['/room/a']);
  });

  it('forgets as soon as the settings of the service say', () => {
    const { scene, client } = lapsed({ config: { stateRecoverySeconds: 2 } });
    scene.clock.advance(1_500);
    expect(broadcasters(scene.again(client))).toEqual(['/room/a']);
  });

  it('does nothing on another path, for who left, and for who was closed', () => {
    const { scene, client } = lapsed();
    expect(broadcasters(scene.again(client, { path: '/room/b' }))).toEqual(['/room/b']);
    for (const end of ['goodbye', 'close'] as const) {
      const other = scene.connect('stream', { path: '/room/a' });
      other.resource.subscribe(scene.app.broadcasters.lookup('news'));
      other.resource[end]();
      expect(broadcasters(scene.again(other))).toEqual(['/room/a']);
    }
  });

  it('does nothing for another user', () => {
    const auth = new AuthInterceptor({ validate: (principal) => ({ principal }) });
    const as = (user: string): Visit => ({ query: `X-Atmosphere-Auth=${user}` });
    const back = (user: string): string[] => {
      const { scene, client } = lapsed({ interceptors: [AtmosphereResourceStateRecovery, auth] }, as('ada'));
      return broadcasters(scene.again(client, as(user)));
    };
    expect(back('bob')).toEqual(['/room/a']);
    expect(back('ada')).toEqual(['/room/a', 'news', 'weather']);
  });

  it('leaves out a broadcaster that has no room any more', () => {
    const { scene, client } = lapsed();
    const news = scene.app.broadcasters.lookup('news');
    news.setSuspendPolicy(1, 'REJECT');
    scene.connect('stream', { path: '/room/b' }).resource.subscribe(news);
    expect(broadcasters(scene.again(client))).toEqual(['/room/a', 'weather']);
  });

  it('is not there by default', () => {
    const { scene, client } = lapsed({ interceptors: [] });
    expect(broadcasters(scene.again(client))).toEqual(['/room/a']);
  });
});

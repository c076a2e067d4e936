import { ManagedService, Message } from '../declaration/decorators';
import { requestFor, Scene } from '../port.fixture';
import { HeartbeatInterceptor } from './heartbeat';

const settings = { heartbeatSeconds: 20, clientHeartbeatSeconds: 7, heartbeatPadding: '~' };
const plan = { serverSeconds: 20, clientSeconds: 7, padding: '~' };

@ManagedService('/room')
class Room {
  @Message() onMessage(text: string): string {
    return text;
  }
}

describe('HeartbeatInterceptor', () => {
  it('plans what the settings say', () => {
    expect(new HeartbeatInterceptor(settings).heartbeat(requestFor('socket'))).toEqual(plan);
  });

  it.each([
    ['rarer ones', 60, 60],
    ['none', 0, 0],
    ['more frequent ones', 5, 20],
    ['the same', 20, 20],
  ])('lets a client that asks for %s have one after %i seconds: %i', (_, heartbeat, serverSeconds) => {
    const interceptor = new HeartbeatInterceptor(settings);
    expect(interceptor.heartbeat(requestFor('socket', { heartbeat }))).toEqual({ ...plan, serverSeconds });
  });

  it('sends none where none are wanted, whatever a client asks for', () => {
    const interceptor = new HeartbeatInterceptor({ ...settings, heartbeatSeconds: 0 });
    expect(interceptor.heartbeat(requestFor('socket', { heartbeat: 5 })).serverSeconds).toBe(0);
  });

  it('may be exchanged for one of a single service', () => {
    @ManagedService({ path: '/fast', interceptors: [new HeartbeatInterceptor({ ...settings, heartbeatSeconds: 1 })] })
    class Fast extends Room {}
    const scene = new Scene([Room, Fast]);
    const [slow, fast] = ['/room', '/fast'].map((path) => scene.connect('stream', { path }));
    scene.clock.advance(1250);
    expect(slow?.texts.filter((text) => text === '<X>')).toEqual([]);
    expect(fast?.texts.filter((text) => text === '<~>')).toEqual(['<~>']);
  });
});

import type { Resource } from '../resource/resource';
import { ManagedService, Message } from '../declaration/decorators';
import { Scene } from '../port.fixture';
import { BroadcastOnPostInterceptor } from './broadcast-on-post';
import { asked } from './exchange.fixture';

const handled: string[] = [];

@ManagedService({ path: '/quiet', interceptors: [BroadcastOnPostInterceptor] })
class Quiet {}

@ManagedService({ path: '/handled', interceptors: [BroadcastOnPostInterceptor] })
class Handled {
  @Message() onMessage(text: string): void {
    handled.push(text);
  }
}

@ManagedService('/plain')
class Plain {}

const visit = (path: string) => ({ path, protocol: false });

describe('BroadcastOnPostInterceptor', () => {
  it('broadcasts every message as it came, without a @Message', () => {
    const scene = new Scene([Quiet]);
    const clients = (['socket', 'stream', 'poll'] as const).map((style) => scene.connect(style, visit('/quiet')));
    expect(clients[0]?.resource.receive('{"a":1}')).toBeUndefined();
    scene.clock.turn();
    expect(clients.map(({ texts }) => texts)).toEqual([['{"a":1}'], ['<{"a":1}>'], ['{"a":1}']]);
    clients[1]?.resource.receive(Buffer.from([1, 2]));
    scene.clock.turn();
    expect(clients[0]?.writes.flat()).toContainEqual(Buffer.from([1, 2]));
  });

  it('takes the body of who has no connection', () => {
    const scene = new Scene([Quiet]);
    const client = scene.connect('socket', visit('/quiet'));
    const visitor = scene.app.visitor(asked({ method: 'POST', path: '/quiet' })) as Resource;
    expect(visitor.endpoint.arrive(visitor, 'from outside')).toBeUndefined();
    scene.clock.turn();
    expect(client.texts).toEqual(['from outside']);
  });

  it('goes before the @Message that there is, and lets the filters decide', () => {
    const scene = new Scene([Handled], {
      broadcastFilters: [{ filter: (message) => ({ action: 'CONTINUE', message: `${String(message)}!` }) }],
    });
    const client = scene.connect('socket', visit('/handled'));
    client.resource.receive('x');
    scene.clock.turn();
    expect(handled).toEqual([]);
    expect(client.texts).toEqual(['x!']);
  });

  it('is not there unless it is named', () => {
    const client = new Scene([Plain]).connect('socket', visit('/plain'));
    expect(client.resource.receive('x')).toMatchObject({ code: 'invalid-message' });
  });
});

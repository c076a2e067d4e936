import { Parameter } from '@ionosphere/protocol';
import { Disconnect, ManagedService, Message } from '../declaration/decorators';
import { Scene } from '../port.fixture';
import { ResourceEvent } from '../resource/resource-event';
import { FakeExchange } from './exchange.fixture';
import { OnDisconnectInterceptor } from './on-disconnect';

const gone: string[] = [];

@ManagedService('/room/{name}')
class Room {
  @Message() onMessage(text: string): string {
    return text;
  }
  @Disconnect() onDisconnect(event: ResourceEvent): void {
    gone.push(`${event.resource.uuid} ${event.isClosedByClient ? 'left' : 'lost'}`);
  }
}

const bye = (path: string, id?: string, method = 'GET'): FakeExchange =>
  new FakeExchange({
    method,
    path,
    query: [`${Parameter.transport}=close`, ...(id === undefined ? [] : [`${Parameter.trackingId}=${id}`])].join('&'),
  });

describe('OnDisconnectInterceptor', () => {
  beforeEach(() => void gone.splice(0));

  it.each(['GET', 'POST'])('ends the resource that says goodbye by %s, once', (method) => {
    const scene = new Scene([Room]);
    const client = scene.connect('stream', { path: '/room/a' });
    const { uuid } = client.resource;
    for (let i = 0; i < 2; i++) expect(scene.app.request(bye('/room/a', uuid, method))).toEqual({ status: 200 });
    expect(gone).toEqual([`${uuid} left`]);
    expect(scene.app.resources.size).toBe(0);
  });

  it('leaves alone who is not named, or is of another path', () => {
    const scene = new Scene([Room]);
    const { uuid } = scene.connect('stream', { path: '/room/a' }).resource;
    for (const exchange of [bye('/room/b', uuid), bye('/room/a'), bye('/room/a', 'nobody')])
      expect(scene.app.request(exchange)).toEqual({ status: 200 });
    expect(gone).toEqual([]);
    expect(scene.app.resources.size).toBe(1);
  });

  it('lets every other request go on', () => {
    const exchange = new FakeExchange({ query: `${Parameter.transport}=long-polling` });
    const next = jest.fn(() => ({ status: 204 }));
    expect(new OnDisconnectInterceptor().request(exchange, next)).toEqual({ status: 204 });
  });
});

import { ManagedService } from '../declaration/decorators';
import { Scene, type FakeConnection } from '../port.fixture';
import { RoomProtocolInterceptor } from './room-protocol-interceptor';

@ManagedService('/room')
class Talk {}

describe('What goes out of a room', () => {
  const scene = new Scene([Talk], { interceptors: [new RoomProtocolInterceptor()] });
  const { published } = scene.socket;
  const join = (client: FakeConnection, fields: object): unknown =>
    client.resource.receive(JSON.stringify({ type: 'join', room: 'lobby', ...fields }));
  const clients = Array.from({ length: 4 }, () => scene.connect('socket'));
  const [ann, bob, cid, jack] = clients as [FakeConnection, FakeConnection, FakeConnection, FakeConnection];

  it('is one publish for each dialect that is spoken, whether somebody comes or the server speaks', () => {
    join(ann, { member: { id: 'ann' } });
    join(bob, { member: { id: 'bob' } });
    join(cid, { member: { id: 'cid' } });
    expect(published.splice(0)).toHaveLength(2);
    join(jack, { memberId: 'jack' });
    scene.app.rooms.room('lobby').broadcast('all');
    expect(published.splice(0)).toEqual([
      '{"type":"presence","room":"lobby","data":"join","member":{"id":"jack"}}',
      '{"type":"broadcast","room":"lobby","id":1,"data":"all"}',
      '{"type":"message","room":"lobby","id":1,"data":"all"}',
    ]);
  });

  it('is published once per dialect when a member says it, too, which leaves its sender out', () => {
    const before = clients.map(({ texts }) => texts.length);
    ann.resource.receive('{"type":"broadcast","room":"lobby","data":"mine"}');
    expect(published.splice(0)).toEqual([
      '{"type":"broadcast","room":"lobby","id":2,"data":"mine","member":{"id":"ann"}}',
      '{"type":"message","room":"lobby","id":2,"from":"ann","data":"mine"}',
    ]);
    expect(clients.map(({ texts }, index) => texts.length - (before[index] ?? 0))).toEqual([0, 1, 1, 1]);
  });
});

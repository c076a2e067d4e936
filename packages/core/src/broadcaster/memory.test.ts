import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ManagedService } from '../declaration/decorators';
import { Scene } from '../port.fixture';

@ManagedService('/room')
class Room {}

/** Bytes of the heap that each of so many things takes, once those before them have made what all share. */
function bytesEach(count: number, make: (index: number) => unknown): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  for (let index = 0; index < 100; index++) make(-1 - index);
  const before = used();
  for (let index = 0; index < count; index++) make(index);
  return (used() - before) / count;
}

describe('Of broadcasters there may be a hundred thousand', () => {
  // Measured are 385 to 415, and 1435 bytes: a closure or a collection more in each is beyond.
  it.each([
    ['without subscribers, half a kilobyte', 0, 480],
    ['with ten WebSockets, one and a half', 10, 1550],
  ])('each takes, %s', (_title, subscribers, most) => {
    const scene = new Scene([Room], { limits: { maxSubscriptions: 0 } });
    // So many that each has few subscriptions, as is usual: who has many is looked up in a table.
    const clients = Array.from({ length: 1 + 1250 * subscribers }, () => scene.connect('socket').resource);
    for (const { connection } of clients.map(({ out }) => out)) if (connection) connection.join = () => undefined;
    const each = bytesEach(5000, (index) => {
      const broadcaster = scene.app.broadcasters.lookup(`room ${index}`);
      const from = (index + 100) * subscribers;
      for (let one = from; one < from + subscribers; one++) clients[one % clients.length]?.subscribe(broadcaster);
    });
    expect(each).toBeLessThan(most);
  });
});

import fc from 'fast-check';
import type { Broadcaster } from '../broadcaster/broadcaster';
import { ManagedService } from '../declaration/decorators';
import { Scene } from '../port.fixture';
import type { Subscribed } from './subscription';
import { Subscriptions } from './subscriptions';

@ManagedService('/room')
class Room {}

/** Looks at subscriptions. */
let looks = 0;

/** A subscription that counts who looks at it. */
class Counted {
  #next: Subscribed | undefined = undefined;
  readonly #broadcaster: Broadcaster;

  constructor(id: string) {
    this.#broadcaster = { id } as Broadcaster;
  }

  get broadcaster(): Broadcaster {
    looks++;
    return this.#broadcaster;
  }

  get next(): Subscribed | undefined {
    looks++;
    return this.#next;
  }

  set next(next: Subscribed | undefined) {
    this.#next = next;
  }
}

const subscription = (id: string): Subscribed => new Counted(id) as unknown as Subscribed;
const named = (id: string): Broadcaster => ({ id }) as Broadcaster;
const namesOf = ({ subscriptions }: Subscriptions): string[] => subscriptions.map(({ broadcaster }) => broadcaster.id);

describe('The subscriptions of a resource', () => {
  it('are found by name, and are in the order in which they began, however many begin and end', () => {
    const names = fc.constantFrom(...Array.from({ length: 20 }, (_, index) => `b${index}`));
    const property = fc.property(fc.array(names, { minLength: 60, maxLength: 120 }), (toggled) => {
      const subscriptions = new Subscriptions();
      let expected: string[] = [];
      for (const name of toggled) {
        const known = subscriptions.find(named(name));
        if (known) subscriptions.remove(known);
        else subscriptions.add(subscription(name));
        expected = expected.includes(name) ? expected.filter((one) => one !== name) : [...expected, name];
        expect([namesOf(subscriptions), subscriptions.count]).toEqual([expected, expected.length]);
        for (const one of expected) expect(subscriptions.find(named(one))?.broadcaster.id).toBe(one);
        expect(subscriptions.find(named('none'))).toBeUndefined();
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('let go of one that has ended once', () => {
    const subscriptions = new Subscriptions();
    const [a, b] = [subscription('a'), subscription('b')];
    for (const one of [a, b]) subscriptions.add(one);
    for (let times = 0; times < 2; times++) subscriptions.remove(a);
    subscriptions.add(subscription('c'));
    subscriptions.remove(a);
    expect(namesOf(subscriptions)).toEqual(['b', 'c']);
  });

  it.each<[string, (all: readonly Subscribed[]) => readonly Subscribed[]]>([
    ['the oldest first', (all) => all],
    ['the newest first', (all) => all.toReversed()],
    ['from the middle', (all) => [...all.slice(all.length / 2), ...all.slice(0, all.length / 2)]],
  ])('cost the same each, few or many: begun, found, and ended, %s', (_, order) => {
    const looksEach = (count: number): number => {
      looks = 0;
      const subscriptions = new Subscriptions();
      const all = Array.from({ length: count }, (_unused, index) => subscription(`b${index}`));
      for (const one of all) subscriptions.add(one);
      for (const one of all) expect(subscriptions.find(one.broadcaster)).toBe(one);
      for (const one of order(all)) subscriptions.remove(one);
      expect(subscriptions.count).toBe(0);
      return looks / count;
    };
    const few = looksEach(4);
    for (const count of [100, 1000]) expect(looksEach(count)).toBeLessThan(2 * few);
  });

  it('are not looked through when one more begins or ends, whatever the limit', () => {
    const scene = new Scene([Room], { limits: { maxSubscriptions: 10_000 } });
    const looksEach = (count: number): number => {
      const { resource } = scene.connect('stream');
      const whole = jest.spyOn(resource.out.owed, 'subscriptions', 'get');
      let asked = 0;
      const broadcasters = Array.from({ length: count }, (_, index) => {
        const broadcaster = scene.app.broadcasters.lookup(`news ${index}`);
        const { id } = broadcaster;
        return Object.defineProperty(broadcaster, 'id', { configurable: true, get: () => (asked++, id) });
      });
      asked = 0;
      for (const broadcaster of broadcasters) resource.subscribe(broadcaster);
      for (const broadcaster of broadcasters) resource.unsubscribe(broadcaster);
      expect(whole).not.toHaveBeenCalled();
      resource.close();
      return asked / count;
    };
    expect(looksEach(1000)).toBeLessThan(2 * looksEach(20));
  });
});

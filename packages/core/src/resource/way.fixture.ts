import { Disconnect, ManagedService, Ready } from '../declaration/decorators';
import { ResourceEvent } from './resource-event';

/** What the service was told. */
export const told: string[] = [];

@ManagedService({ path: '/room' })
export class Room {
  @Ready()
  ready({ recovered, gap }: ResourceEvent): void {
    told.push(`ready${recovered ? ', recovered' : ''}${gap ? ', gap' : ''}`);
  }

  @Disconnect()
  disconnect({ isCancelled, isClosedByApplication }: ResourceEvent): void {
    told.push(isCancelled ? 'cancelled' : isClosedByApplication ? 'closed' : 'gone');
  }
}

/** Random numbers that are the same each time. */
function chance(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * What happens to a client, step by step: mostly the everyday, so that it is in its usual state when something else happens.
 *
 * @param names of all steps, those of every day first
 * @param everyday how many these are
 */
function wayOf(names: readonly string[], everyday: number, seed: number): string[] {
  const pick = chance(seed);
  return Array.from({ length: 80 }, () => names[pick(pick(4) > 0 ? everyday : names.length)] ?? '');
}

/**
 * Lets clients live 300 random lives, each in two manners that nobody should see a difference between.
 *
 * @param live lives a life in one of them, and tells its story
 */
export function expectSameStories(
  names: readonly string[],
  everyday: number,
  live: (way: readonly string[], isSpecial: boolean) => string[],
): void {
  const happened = new Set<string>();
  for (let seed = 1; seed <= 300; seed++) {
    const way = wayOf(names, everyday, seed);
    const story = live(way, true);
    expect([seed, ...story]).toEqual([seed, ...live(way, false)]);
    for (const name of way) happened.add(name);
  }
  expect([...happened].sort()).toEqual([...names].sort());
}

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
export function wayOf(names: readonly string[], everyday: number, seed: number): string[] {
  const pick = chance(seed);
  return Array.from({ length: 80 }, () => names[pick(pick(4) > 0 ? everyday : names.length)] ?? '');
}

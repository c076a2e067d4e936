/**
 * In which order the servers have a turn. Each stands in each place about as often, and three stand in each of their six
 * orders once in six turns: it is cheaper to follow oneself, and to follow who leaves more of the caches.
 */
export function turnOrder<T>(servers: readonly T[], turn: number): T[] {
  const first = Math.floor(turn / 2) % servers.length;
  const rotated = [...servers.slice(first), ...servers.slice(0, first)];
  return turn % 2 === 0 ? rotated : rotated.toReversed();
}

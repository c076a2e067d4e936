/** A ratio over all rounds of a run. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Of the best round of each side: what is left when the machine disturbed neither. */
  readonly best: number;
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('nothing to take the median of');
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] as number;
  return Number.isInteger(half) ? ((sorted[half - 1] as number) + upper) / 2 : upper;
}

/** Compares two servers round by round: what disturbed one round disturbed both of it. */
export function pairedRatio(costs: readonly number[], base: readonly number[]): Ratio {
  if (costs.length !== base.length) throw new RangeError(`${costs.length} rounds can't be paired with ${base.length}`);
  const ratios = costs.map((cost, round) => cost / (base[round] as number));
  return {
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    best: Math.min(...costs) / Math.min(...base),
  };
}

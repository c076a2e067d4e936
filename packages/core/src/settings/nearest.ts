/** `did you mean "port"?`, when there is a name that may well have been meant. */
export function didYouMean(given: string, names: Iterable<string>): string | undefined {
  const name = nearest(given, names);
  return name === undefined ? undefined : `did you mean "${name}"?`;
}

/**
 * The name that a text becomes with the fewest edits, in whatever case it is; undefined when none is near: a third of the
 * letters may be wrong, or half of them left out.
 */
export function nearest(given: string, names: Iterable<string>): string | undefined {
  const text = given.toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const name of names) {
    // Each letter too many or too few is one edit at least.
    if (Math.abs(given.length - name.length) >= least) continue;
    const other = name.toLowerCase();
    const edits = distance(text, other);
    if (edits < least && isNear(text, other, edits)) [best, least] = [name, edits];
  }
  return best;
}

function isNear(text: string, name: string, edits: number): boolean {
  const [short, long] = [Math.min(text.length, name.length), Math.max(text.length, name.length)];
  return edits <= Math.max(1, short / 3) || (edits === long - short && short * 2 >= long);
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] ?? 0) + Number(a[i] !== b[j]);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

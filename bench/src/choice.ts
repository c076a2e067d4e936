/**
 * Those that the words name, whole or by how they begin, in the order of the table; all when there is no word. Throws on a
 * word that names none.
 */
export function chosenFrom<T extends { readonly name: string }>(
  all: readonly T[],
  words: readonly string[],
): readonly T[] {
  if (words.length === 0) return all;
  const chosen = new Set(words.flatMap((word) => named(all, word)));
  return all.filter((job) => chosen.has(job));
}

function named<T extends { readonly name: string }>(all: readonly T[], word: string): readonly T[] {
  const exact = all.filter(({ name }) => name === word);
  const found = exact.length > 0 ? exact : all.filter(({ name }) => name.startsWith(word));
  if (found.length === 0)
    throw new RangeError(`There is no job "${word}"; known are ${all.map(({ name }) => name).join(', ')}`);
  return found;
}

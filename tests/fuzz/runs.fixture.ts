import fc from 'fast-check';

/** A number of the environment; the other one when it is not set. */
function numberOf(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new RangeError(`${name} is "${text}"; it must be a whole number`);
  return number;
}

/** What everything random begins with. FUZZ_SEED repeats a run. */
export const seed = numberOf('FUZZ_SEED', Date.now() & 0x7fff_ffff);

/** How many random inputs, and as many mutated ones, each parser and each transport gets. */
export const runs = (otherwise: number): number => numberOf('FUZZ_RUNS', otherwise);

/** Said once per file, so that a failure can be repeated. */
export function tellSeed(): void {
  process.stderr.write(`fuzz: FUZZ_SEED=${seed} repeats this run\n`);
}

/** Bytes of any kind, and texts that are made to look like something. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom(...'/|:;,.{}[]()%=&?#"\'\\<>\r\n\t\0 0123456789abcXYZ_-$*+é€😀\ud800\u2028'),
    maxLength: 80,
  }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

/** One change of a text: where, as a part of its length, and what. */
const edit = fc.record({
  kind: fc.constantFrom('insert', 'delete', 'repeat', 'cut', 'replace', 'flip'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  span: fc.nat(12),
  text: fc.oneof(
    fc.constantFrom(
      '\0',
      '%00',
      '%',
      '%ff',
      '\r\n',
      '\n',
      '"',
      '\\',
      '{',
      '}',
      '[',
      '|',
      '0',
      '-1',
      '99999999999999999999',
    ),
    fc.constantFrom(
      '__proto__',
      'constructor',
      'null',
      '\ud800',
      '\ufeff',
      '\u2028',
      'é',
      '😀',
      '/',
      '..',
      '&',
      '=',
      ';',
      ',',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  ),
});

function apply(
  text: string,
  { kind, at, span, text: other }: { kind: string; at: number; span: number; text: string },
): string {
  const from = Math.floor(at * text.length);
  const [before, slice, after] = [text.slice(0, from), text.slice(from, from + span), text.slice(from + span)];
  switch (kind) {
    case 'insert':
      return before + other + slice + after;
    case 'delete':
      return before + after;
    case 'repeat':
      return before + slice + slice + slice + after;
    case 'cut':
      return before;
    case 'replace':
      return before + other + after;
    default:
      return before + String.fromCharCode((slice.charCodeAt(0) || 0) ^ (1 << (span % 8))) + slice.slice(1) + after;
  }
}

/** Valid texts with one change or a few. */
export function mutated(...valid: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...valid), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([text, edits]) => edits.reduce(apply, text));
}

/** Checks a property on random texts and on mutated valid ones, as many of each. */
export function checkBoth(valid: readonly string[], otherwise: number, property: (text: string) => void): void {
  for (const texts of [anyText, mutated(...valid)])
    fc.assert(fc.property(texts, property), { seed, numRuns: runs(otherwise) });
}

/** Checks a property on whatever an arbitrary makes. */
export function check<T>(arbitrary: fc.Arbitrary<T>, otherwise: number, property: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, property), { seed, numRuns: runs(otherwise) });
}

import { checkHeader, sameName, type HeaderPair } from './headers';

/** Headers as the library writes them in one call. */
export interface HeaderBlock {
  readonly name: string;
  /** Value of the first header, and after it the lines of all others. */
  readonly value: string;
}

/**
 * Headers that were set for an answer, in order. Answers of one kind have the same: those share one object, and the text that
 * it makes, which goes to the library in one call.
 */
export class AnswerHeaders {
  /** The set with one header more that was asked for last. */
  #next: AnswerHeaders | undefined;
  #block: HeaderBlock | undefined;
  /** What was in front in `#block`. */
  #own: readonly HeaderPair[] | undefined;

  private constructor(
    readonly pairs: readonly HeaderPair[],
    /** What was set last. */
    private readonly latest: HeaderPair,
  ) {}

  static readonly none = new AnswerHeaders([], ['', '']);

  /** With one header more, or with another value for one. Throws a `TypeError` on what would end the header, and begin another one. */
  with(name: string, value: string): AnswerHeaders {
    const next = this.#next;
    if (next?.latest[0] === name && next.latest[1] === value) return next;
    checkHeader(name, value);
    const pair: HeaderPair = [name, value];
    const index = this.pairs.findIndex(([known]) => sameName(known, name));
    const pairs = index < 0 ? [...this.pairs, pair] : this.pairs.with(index, pair);
    return (this.#next = new AnswerHeaders(pairs, pair));
  }

  /** Whether there is one of that name. */
  has(name: string): boolean {
    return this.pairs.some(([known]) => sameName(known, name));
  }

  /**
   * All of them, and the answer's own, which stand instead of those of the same names; undefined when there is none.
   *
   * @param own the same list for each answer of a kind
   */
  block(own: readonly HeaderPair[]): HeaderBlock | undefined {
    if (this.#own === own) return this.#block;
    this.#own = own;
    const kept = this.pairs.filter(([name]) => !own.some(([other]) => sameName(name, other)));
    const [first, ...others] = [...kept, ...own];
    const lines = others.map(([name, value]) => `\r\n${name}: ${value}`).join('');
    return (this.#block = first && { name: first[0], value: first[1] + lines });
  }
}

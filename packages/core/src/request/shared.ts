/** What was made of texts lately, so that equal texts share it. It forgets all when it is full: nobody can make it grow. */
export class Shared<T> {
  readonly #known = new Map<string, T>();

  /** @param most how many are remembered. */
  constructor(private readonly most: number) {}

  get(text: string): T | undefined {
    return this.#known.get(text);
  }

  add(text: string, value: T): T {
    if (this.#known.size >= this.most) this.#known.clear();
    this.#known.set(text, value);
    return value;
  }
}

/** Longer texts are rarely equal. */
const LONGEST = 256;

const texts = new Shared<string>(4096);

/** The text, or an equal one that somebody else keeps already. */
export function sharedText(text: string): string {
  if (text.length > LONGEST) return text;
  return texts.get(text) ?? texts.add(text, text);
}

/** Cuts a text loose: V8 keeps in memory all of what it was cut out of. */
export function copyOf(text: string): string {
  // Shorter ones are copied anyway.
  return text.length < 13 ? text : Buffer.from(text).toString();
}

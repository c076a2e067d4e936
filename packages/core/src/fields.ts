import { sharedText } from './shared';

/** How many sequences of names are remembered. */
const MOST_SHAPES = 2048;

let shapes = 0;

/**
 * Names in the order in which they came. Clients of one kind say the same names in the same order, so all of them share one
 * shape, and each keeps values only.
 */
class Shape {
  readonly #next = new Map<string, Shape>();
  #latest: Shape | undefined;
  #latestValue = '';
  #names: readonly string[] | undefined;

  constructor(
    private readonly before: Shape | undefined,
    private readonly name: string,
    /** Place of the value that came last. */
    readonly place: number,
    readonly size: number,
  ) {}

  /** The shape with one name more, or with the same names when it was there already. */
  after(name: string): Shape {
    if (this.#latest?.name === name) return this.#latest;
    return (this.#latest = this.#next.get(name) ?? this.#grow(name));
  }

  /** The value, or the equal one of somebody else. */
  share(value: string): string {
    return value === this.#latestValue ? this.#latestValue : (this.#latestValue = sharedText(value));
  }

  get names(): readonly string[] {
    if (this.#names) return this.#names;
    const before = this.before?.names ?? [];
    return (this.#names = this.size === before.length ? before : [...before, this.name]);
  }

  #grow(name: string): Shape {
    const place = this.names.indexOf(name);
    const shape = place < 0 ? new Shape(this, name, this.size, this.size + 1) : new Shape(this, name, place, this.size);
    if (++shapes <= MOST_SHAPES) this.#next.set(name, shape);
    return shape;
  }
}

const noNames = new Shape(undefined, '', -1, 0);

/** Names and values of a request, as a map that keeps little: the names are shared with all requests that have the same. */
export class Fields implements ReadonlyMap<string, string> {
  readonly #values: readonly string[];

  constructor(
    /** Each name once; the very same list for all that have the same names in the same order. */
    readonly names: readonly string[],
    values: readonly string[],
  ) {
    this.#values = values;
  }

  get size(): number {
    return this.names.length;
  }

  get(name: string): string | undefined {
    return this.#values[this.names.indexOf(name)];
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  forEach(fn: (value: string, name: string, fields: ReadonlyMap<string, string>) => void): void {
    for (const [name, value] of this) fn(value, name, this);
  }

  *entries(): MapIterator<[string, string]> {
    for (const [index, name] of this.names.entries()) yield [name, this.#values[index] ?? ''];
  }

  keys(): MapIterator<string> {
    return this.names.values();
  }

  values(): MapIterator<string> {
    return this.#values.values();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  /** How the console shows it. */
  [Symbol.for('nodejs.util.inspect.custom')](): ReadonlyMap<string, string> {
    return new Map(this);
  }
}

const noFields = new Fields([], []);

/** Puts fields together, one set after the other. */
export class FieldCollector {
  #shape = noNames;
  readonly #values: string[] = [];

  /** @param repeated what counts of a repeated name. Default: the last value. */
  add(name: string, value: string, repeated?: (name: string, known: string, value: string) => string): void {
    const { size } = this.#shape;
    const shape = (this.#shape = this.#shape.after(name));
    const whole = repeated && shape.size === size ? repeated(name, this.#values[shape.place] ?? '', value) : value;
    this.#values[shape.place] = shape.share(whole);
  }

  /** What was added since the last time. */
  collect(): Fields {
    const { names, size } = this.#shape;
    if (size === 0) return noFields;
    // A copy has no room to grow.
    const fields = new Fields(names, this.#values.slice(0, size));
    this.#shape = noNames;
    return fields;
  }
}

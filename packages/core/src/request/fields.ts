import { sharedText } from './shared';

/** How many sequences of names are remembered. */
const MOST_SHAPES = 2048;

let shapes = 0;

/**
 * Names in the order in which they came. Clients of one kind say the same names in the same order, so all of them share one
 * shape.
 */
class Shape {
  readonly #next = new Map<string, Shape>();
  /** Whether some values may be equal: not those that are there to differ (RFC 6455, 4.1). */
  readonly #shares: boolean;
  /** What the first request with these names said. Most say nearly the same. */
  usual: readonly string[] = [];
  /** All requests that say just that have the same fields. */
  usualFields: Fields | undefined;
  #latest: Shape | undefined;
  #latestValue = '';
  #names: readonly string[] | undefined;

  constructor(
    private readonly before: Shape | undefined,
    private readonly name: string,
    /** Place of the value that came last. */
    readonly place: number,
    readonly size: number,
  ) {
    this.#shares = name !== 'sec-websocket-key';
  }

  /** The shape with one name more, or with the same names when it was there already. */
  after(name: string): Shape {
    const latest = this.#latest;
    // Texts alone: V8 compares them at half the price of anything.
    if (latest && latest.name === name) return latest;
    return (this.#latest = this.#next.get(name) ?? this.#grow(name));
  }

  /** The value, or the equal one of somebody else. */
  share(value: string): string {
    if (!this.#shares) return value;
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

/** How many places fit into the bits of a small number. What comes after them is kept in any case. */
const BITS = 30;

/**
 * Names and values of a request, as a map that keeps little: names, and the values that nearly all have, are those of the
 * shape; its own are only the values that differ.
 */
export class Fields implements ReadonlyMap<string, string> {
  constructor(
    private readonly shape: Shape,
    /** A bit for each place whose value is its own. */
    private readonly differing: number,
    private readonly own: readonly string[],
  ) {}

  /** Each name once; the very same list for all that have the same names in the same order. */
  get names(): readonly string[] {
    return this.shape.names;
  }

  get size(): number {
    return this.shape.size;
  }

  get(name: string): string | undefined {
    const place = this.names.indexOf(name);
    return place < 0 ? undefined : this.at(place);
  }

  /** Whether others have the same names, in the same order, and the same values. */
  equals(other: Fields): boolean {
    if (other === this) return true;
    if (other.shape !== this.shape || other.differing !== this.differing || other.own.length !== this.own.length)
      return false;
    for (let index = 0; index < this.own.length; index++) if (other.own[index] !== this.own[index]) return false;
    return true;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  forEach(fn: (value: string, name: string, fields: ReadonlyMap<string, string>) => void): void {
    for (const [name, value] of this) fn(value, name, this);
  }

  *entries(): MapIterator<[string, string]> {
    for (const [place, name] of this.names.entries()) yield [name, this.at(place)];
  }

  keys(): MapIterator<string> {
    return this.names.values();
  }

  *values(): MapIterator<string> {
    for (const place of this.names.keys()) yield this.at(place);
  }

  // Not `#`: that would take a word of memory in each instance.
  private at(place: number): string {
    if (!isOwn(place, this.differing)) return this.shape.usual[place] ?? '';
    let before = 0;
    for (let other = 0; other < place; other++) if (isOwn(other, this.differing)) before++;
    return this.own[before] ?? '';
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  /** How the console shows it. */
  [Symbol.for('nodejs.util.inspect.custom')](): ReadonlyMap<string, string> {
    return new Map(this);
  }
}

function isOwn(place: number, differing: number): boolean {
  return place >= BITS || (differing & (1 << place)) !== 0;
}

/** Puts fields together, one set after the other. */
export class FieldCollector {
  #shape = noNames;
  readonly #values: string[] = [];
  readonly #own: string[] = [];

  /** @param repeated what counts of a repeated name. Default: the last value. */
  add(name: string, value: string, repeated?: (name: string, known: string, value: string) => string): void {
    const { size } = this.#shape;
    const shape = (this.#shape = this.#shape.after(name));
    const whole = repeated && shape.size === size ? repeated(name, this.#values[shape.place] ?? '', value) : value;
    this.#values[shape.place] = shape.share(whole);
  }

  /** What was added since the last time. */
  collect(): Fields {
    const shape = this.#shape;
    this.#shape = noNames;
    if (shape.usual.length === 0) shape.usual = this.#values.slice(0, shape.size);
    let differing = 0;
    let count = 0;
    for (let place = 0; place < shape.size; place++) {
      const value = this.#values[place] as string;
      if (place < BITS && value === shape.usual[place]) continue;
      if (place < BITS) differing |= 1 << place;
      this.#own[count++] = value;
    }
    if (count === 0) return (shape.usualFields ??= new Fields(shape, 0, []));
    // A copy has no room to grow.
    return new Fields(shape, differing, this.#own.slice(0, count));
  }
}

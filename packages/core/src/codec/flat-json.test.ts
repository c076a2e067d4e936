import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { flatJson } from './flat-json';

class Chat {
  constructor(
    public author: unknown,
    public message: unknown,
  ) {}
  get both(): string {
    return `${String(this.author)}${String(this.message)}`;
  }
}

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({ minLength: 25, maxLength: 200 }),
);
const scalars = fc.oneof(texts, fc.double(), fc.integer(), fc.boolean(), fc.constantFrom(null, undefined, -0, 1e21));

class Secret {
  key = 'k';
  toJSON(): string {
    return 'hidden';
  }
}

describe('JSON of an object without objects in it', () => {
  it('is that of JSON.stringify', () => {
    fc.assert(
      fc.property(fc.dictionary(texts, scalars), (value) => {
        const json = flatJson(value);
        if (json !== undefined) expect(json).toBe(JSON.stringify(value));
      }),
    );
  });

  it('is made for instances of classes, as their own properties say', () => {
    fc.assert(
      fc.property(scalars, scalars, (author, message) => {
        const chat = new Chat(author, message);
        expect(flatJson(chat)).toBe(JSON.stringify(chat));
      }),
    );
  });

  it.each([31, 32, 33, 34, 100])('escapes each character that must be escaped, at the end of %d', (length) => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const value = { text: 'a'.repeat(length - 1) + String.fromCharCode(unit) };
      if (flatJson(value) !== JSON.stringify(value)) throw new Error(`U+${unit.toString(16)}`);
    }
  });

  it.each([
    ['nothing', {}],
    ['nothing but undefined', { a: undefined }],
    ['keys that are numbers', { b: 1, 2: 'two', 1: 'one' }],
    ['a symbol for a key', { [Symbol('a')]: 1, b: 2 }],
    ['a property that is not enumerable', Object.defineProperty({ a: 1 }, 'b', { value: 2, enumerable: false })],
    ['a property that it inherits', Object.assign(Object.create({ inherited: 1 }) as object, { own: 2 })],
    ['a getter', { get a() { return 'got'; } }], // prettier-ignore
    ['an object of another realm', runInNewContext('({ a: 1, b: "c" })') as object],
    ['a proxy', new Proxy({ a: 1 }, {})],
  ])('is made of an object with %s', (_, value) => {
    const expected = JSON.stringify(value);
    expect(flatJson(value)).toBe(expected);
  });

  it('is that of JSON.stringify when a getter changes what there is', () => {
    const changing = (change: (value: { b?: number }) => void): object => ({
      get a() {
        change(this);
        return 1;
      },
      b: 2,
    });
    for (const change of [
      (value: { b?: number }) => delete value.b,
      (value: object) => Object.assign(value, { c: 3 }),
    ]) {
      const expected = JSON.stringify(changing(change));
      const json = flatJson(changing(change));
      if (json !== undefined) expect(json).toBe(expected);
    }
  });

  it.each([
    ['a list', [1, 2]],
    ['an object in it', { a: 'text', b: {} }],
    ['a list in it', { a: [] }],
    ['a function in it', { a: () => 1 }],
    ['a symbol in it', { a: Symbol('a') }],
    ['a bigint in it', { a: 1n }],
    ['a date', new Date(0)],
    ['a date in it', { at: new Date(0) }],
    ['toJSON', { a: 1, toJSON: () => 'mine' }],
    ['toJSON of its class', new Secret()],
    ['a boxed number', Object.assign(new Number(5), { a: 1 })],
    ['a boxed number of a class', new (class Money extends Number { currency = 'EUR'; })(5)], // prettier-ignore
    ['a boxed number of another realm', runInNewContext('Object.assign(new Number(5), { a: 1 })') as object],
    ['a map', new Map([['a', 1]])],
    ['a key to escape', { 'a"b': 1 }],
    ['no prototype, as JSON.rawJSON makes them', Object.assign(Object.create(null) as object, { rawJSON: '1' })],
    ['bytes', new Uint8Array(2)],
    ['a promise', Promise.resolve(1)],
    ['a text', 'text'],
    ['null', null],
  ])('is left to JSON.stringify for what is, or has, %s', (_, value) => {
    expect(flatJson(value)).toBeUndefined();
  });
});

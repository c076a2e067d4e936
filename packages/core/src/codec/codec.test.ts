import {
  binaryCodec,
  bytesOf,
  encodeValue,
  encodeWith,
  jsonCodec,
  jsonOf,
  textCodec,
  textOf,
  type Encoder,
} from './codec';
import { Failure } from '../errors';
import { thrownBy } from '../port.fixture';

describe('A value is encoded', () => {
  it('as it is, when it is text or bytes', () => {
    const bytes = Buffer.from([1, 2, 3]);
    expect(encodeValue('{"a":1}')).toBe('{"a":1}');
    expect(encodeValue('')).toBe('');
    expect(encodeValue(bytes)).toBe(bytes);
    expect(encodeValue(new Uint8Array([4, 5]).buffer)).toEqual(new Uint8Array([4, 5]));
  });

  it.each([
    [{ a: 1 }, '{"a":1}'],
    [[1, 2], '[1,2]'],
    [5, '5'],
    [0, '0'],
    [true, 'true'],
    [false, 'false'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [Number.NaN, 'null'],
  ])('as JSON otherwise: %j', (value, json) => {
    expect(encodeValue(value)).toBe(json);
  });

  it.each([[() => 1], [Symbol('s')], [undefined], [10n]])('with an error when JSON has nothing for it: %p', (value) => {
    expect(() => encodeValue(value)).toThrow(TypeError);
  });

  it('as a failure in the one form that failures have', () => {
    expect(encodeValue(new Failure('forbidden', 'No.'))).toBe(
      '{"error":{"code":"forbidden","message":"No.","retry":false}}',
    );
  });
});

describe('Encoders', () => {
  const upper: Encoder<string> = {
    encode: (text) => text.toUpperCase(),
    accepts: (value) => typeof value === 'string',
  };
  const all: Encoder<unknown> = { encode: (value) => `<${String(value)}>` };

  it('are asked in order; the first that accepts the value encodes it', () => {
    const encode = encodeWith('Room.on', [upper, all]);
    expect([encode('a'), encode(5)]).toEqual(['A', '<5>']);
    expect(encodeWith('Room.on', [all, upper])('a')).toBe('<a>');
  });

  it.each([
    [42, 'a number'],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'a boolean'],
    [{}, 'an object'],
    [() => 'x', 'a function'],
    [{ then: (_: unknown, failed: (cause: Error) => void) => failed(new Error('nobody waits')) }, 'a promise'],
  ])('may give nothing but text and bytes: %p is refused', (result, kind) => {
    class Odd implements Encoder<unknown> {
      encode(): never {
        return result as never;
      }
    }
    const mend = `returned ${kind}; it must return text or bytes`;
    expect(() => encodeWith('Room.on', [upper, new Odd()])(5)).toThrow(`Room.on: encoders[1] (Odd) ${mend}`);
    expect(() => encodeWith('Room.on', [{ encode: () => result as never }])(5)).toThrow(`Room.on: encoders[0] ${mend}`);
  });

  it('leave to the default what none accepts', () => {
    expect(encodeWith('Room.on', [upper])({ a: 1 })).toBe('{"a":1}');
    expect(encodeWith('Room.on', [])('a')).toBe('a');
  });
});

describe('A payload is read', () => {
  it('as text, also from bytes that are UTF-8', () => {
    expect(textOf('hé')).toBe('hé');
    expect(textOf(Buffer.from('\ufeffhé😀'))).toBe('\ufeffhé😀');
    expect(thrownBy(() => textOf(new Uint8Array([0xff])))).toMatchObject({
      code: 'malformed-message',
      message: 'The message is not UTF-8 text.',
    });
  });

  it('as bytes, also from text', () => {
    const bytes = new Uint8Array([1]);
    expect(bytesOf(bytes)).toBe(bytes);
    expect(bytesOf('é')).toEqual(Buffer.from([0xc3, 0xa9]));
  });

  it('as JSON, also from bytes', () => {
    expect([jsonOf('{"a":[1]}'), jsonOf(Buffer.from('5'))]).toEqual([{ a: [1] }, 5]);
    const failure = thrownBy(() => jsonOf('{"a":'));
    expect(failure).toMatchObject({ code: 'malformed-message', cause: expect.any(SyntaxError) });
    expect((failure as Failure).message).toMatch(/^The message is not JSON: .+\.$/);
  });
});

describe('The codecs of the framework', () => {
  it('take what they are for', () => {
    expect([textCodec.accepts?.('a'), textCodec.accepts?.(Buffer.from('a'))]).toEqual([true, false]);
    expect([binaryCodec.accepts?.('a'), binaryCodec.accepts?.(Buffer.from('a'))]).toEqual([false, true]);
    expect(jsonCodec.accepts).toBeUndefined();
  });

  it('give back what they were given', () => {
    expect(textCodec.decode(textCodec.encode('hé'))).toBe('hé');
    expect(binaryCodec.decode(binaryCodec.encode(Buffer.from([1])))).toEqual(Buffer.from([1]));
    expect(jsonCodec.decode(jsonCodec.encode({ a: null }))).toEqual({ a: null });
  });
});

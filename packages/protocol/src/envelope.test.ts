import fc from 'fast-check';
import { envelope, formatReply, parseEnvelope, parseReply, type Reply } from './envelope';

const key = fc.stringMatching(/^[\w-]{0,32}$/);

describe('An envelope', () => {
  it('of a text is read as it was written', () => {
    fc.assert(
      fc.property(fc.record({ key, payload: fc.string() }), (message) => {
        expect(parseEnvelope(envelope(message))).toEqual(message);
      }),
    );
  });

  it('of bytes is read as it was written', () => {
    fc.assert(
      fc.property(fc.record({ key, payload: fc.uint8Array() }), (message) => {
        expect(parseEnvelope(envelope(message))).toEqual(message);
      }),
    );
  });

  it.each(['', 'no key', 'a b:c', `${'k'.repeat(33)}:x`, 'ü:x', '{"a":1}'])('is not %p', (text) =>
    expect(parseEnvelope(text)).toBeUndefined(),
  );

  it.each([[[]], [[1]], [[33, 1]], [[2, 65]], [[1, 0]]])('is not the bytes %p', (bytes) =>
    expect(parseEnvelope(Uint8Array.from(bytes))).toBeUndefined(),
  );
});

describe('A reply', () => {
  it('is read as it was written', () => {
    const kind = fc.constantFrom<Reply['kind']>('text', 'base64', 'failure', 'handled', 'refused');
    fc.assert(
      fc.property(fc.record({ key, kind, payload: fc.string() }), (reply) => {
        expect(parseReply(formatReply(reply))).toEqual(reply);
      }),
    );
  });

  it.each(['', 'k', 'k?x', 'a b:c'])('is not %p', (text) => expect(parseReply(text)).toBeUndefined());
});

import fc from 'fast-check';
import {
  eventIdPrefix,
  formatPosition,
  parseEventId,
  parsePosition,
  gapNotice,
  parseGapNotice,
  parsePositioned,
  positionedBytes,
} from './position';

const epoch = fc.stringMatching(/^[0-9a-z]{1,32}$/);
const sequence = fc.integer({ min: -1, max: 999_999_999_999_999 });

describe('A position', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.record({ epoch, sequence }), (position) => {
        expect(parsePosition(formatPosition(position))).toEqual(position);
      }),
    );
  });

  it.each([
    '',
    '.',
    'a',
    'a.',
    '.1',
    'a.-2',
    'a.1.2',
    'A.1',
    'a.1 ',
    'a.1e3',
    'a.0x1',
    `a.${'9'.repeat(16)}`,
    `${'a'.repeat(33)}.1`,
  ])('is not %p', (text) => expect(parsePosition(text)).toBeUndefined());
});

describe('The id of an event', () => {
  it('says whose it is and where, and is read as it was written', () => {
    expect(parseEventId(`${eventIdPrefix('u-1', 'e5')}42`)).toEqual({
      trackingId: 'u-1',
      position: { epoch: 'e5', sequence: 42 },
    });
  });

  it.each(['', '42', 'u', 'u/', '/e.1', 'u/e', 'u/e.x', 'u/v/e.1'])('is not %p', (text) =>
    expect(parseEventId(text)).toBeUndefined(),
  );
});

describe('A message with its number', () => {
  it.each([
    ['12:hello', { sequence: 12, payload: 'hello', base64: false }],
    ['0:', { sequence: 0, payload: '', base64: false }],
    ['7:8:9', { sequence: 7, payload: '8:9', base64: false }],
    ['7;/wc=', { sequence: 7, payload: '/wc=', base64: true }],
  ])('is %p', (text, expected) => expect(parsePositioned(text)).toEqual(expected));

  it.each([-1, 0, 1041])('comes with the notice of a gap, %p', (sequence) => {
    expect(parseGapNotice(gapNotice(sequence))).toBe(sequence);
    expect(parsePositioned(gapNotice(sequence))).toBeUndefined();
  });

  it.each(['', 'X', '!gap', '1:!gap', '1!gap!', '-2!gap', '1041'])('%p is no notice of a gap', (text) => {
    expect(parseGapNotice(text)).toBeUndefined();
  });

  it.each(['', 'X', '!gap', 'hello', ':1', '-1:x', '1.5:x', `${'9'.repeat(16)}:x`])('is not %p', (text) =>
    expect(parsePositioned(text)).toBeUndefined(),
  );

  it('of bytes has it in front, in 64 bits, wherever in memory the bytes are', () => {
    const framed = positionedBytes(Uint8Array.of(1, 2), 2 ** 40 + 5);
    expect([...framed]).toEqual([0, 0, 1, 0, 0, 0, 0, 5, 1, 2]);
    const within = Uint8Array.of(9, 9, ...framed).subarray(2);
    expect(parsePositioned(within)).toEqual({ sequence: 2 ** 40 + 5, payload: Uint8Array.of(1, 2), base64: false });
    expect(parsePositioned(framed.subarray(0, 7))).toBeUndefined();
  });
});

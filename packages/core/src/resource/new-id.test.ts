import { isTrackingId } from '@ionosphere/protocol';
import { newId } from './new-id';

describe('A new tracking id', () => {
  const ids = Array.from({ length: 4000 }, newId);

  it('is a random UUID, unlike any other', () => {
    expect(ids.filter((id) => !isTrackingId(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has 122 bits that are one in every second id', () => {
    const bits = ids.map((id) => [...id.replaceAll('-', '')].map((digit) => Number.parseInt(digit, 16)));
    const ones = Array.from({ length: 128 }, (_, bit) => {
      const mask = 8 >> (bit % 4);
      return bits.filter((digits) => ((digits[bit >> 2] ?? 0) & mask) !== 0).length / ids.length;
    });
    const fixed = ones.flatMap((share, bit) => (share === 0 || share === 1 ? [[bit, share]] : []));
    expect(fixed).toEqual([
      [48, 0],
      [49, 1],
      [50, 0],
      [51, 0],
      [64, 1],
      [65, 0],
    ]);
    // Eight times the standard deviation.
    const odd = ones.filter((share) => share !== 0 && share !== 1 && Math.abs(share - 0.5) > 0.064);
    expect(odd).toEqual([]);
  });
});

import { median, pairedRatio } from './statistics';

describe('median', () => {
  it('is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([100, 20, 3])).toBe(20);
  });

  it('is the mean of the middle two of an even number', () => {
    expect(median([4, 1, 2, 10])).toBe(3);
  });

  it('is not there for no values', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('pairedRatio', () => {
  it('pairs round with round, so that a slow moment of the machine cancels out', () => {
    const base = [10, 100, 20];
    const costs = [11, 110, 24];
    expect(pairedRatio(costs, base)).toEqual({ median: 1.1, min: 1.1, max: 1.2, best: 1.1 });
  });

  it('takes the best of each side from whichever round it was in', () => {
    expect(pairedRatio([30, 12], [10, 20]).best).toBeCloseTo(1.2);
  });

  it('refuses series of different length', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('2 rounds');
  });
});

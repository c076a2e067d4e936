import { turnOrder } from './turn-order';

function orders(servers: string, turns: number): string[] {
  return Array.from({ length: turns }, (_, turn) => turnOrder([...servers], turn).join(''));
}

describe('turnOrder', () => {
  it('gives three servers each of their orders once in six turns', () => {
    expect(orders('ABC', 6).toSorted()).toEqual(['ABC', 'ACB', 'BAC', 'BCA', 'CAB', 'CBA']);
  });

  it('lets each of three follow itself once', () => {
    const sequence = orders('ABC', 6).join('');
    for (const twice of ['AA', 'BB', 'CC']) expect(sequence.split(twice)).toHaveLength(2);
  });

  it('leaves nobody out, however many there are', () => {
    for (const order of orders('ABCDEFGHIJK', 30)) expect([...order].toSorted().join('')).toBe('ABCDEFGHIJK');
  });

  it('gives one server all turns', () => {
    expect(orders('A', 3)).toEqual(['A', 'A', 'A']);
  });
});

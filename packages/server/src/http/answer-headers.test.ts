import { AnswerHeaders } from './answer-headers';

const { none } = AnswerHeaders;

describe('The headers of an answer', () => {
  it('are one text, the own ones instead of those that were set', () => {
    const set = none.with('Cache-Control', 'no-store').with('Vary', 'Origin').with('vary', 'Accept');
    expect(set.block([['CACHE-CONTROL', 'max-age=1']])).toEqual({
      name: 'vary',
      value: 'Accept\r\nCACHE-CONTROL: max-age=1',
    });
    expect(none.block([])).toBeUndefined();
  });

  it('are the same object for who sets the same, and made anew for who does not', () => {
    const set = none.with('A', '1').with('B', '2');
    expect(none.with('A', '1').with('B', '2')).toBe(set);
    expect(none.with('A', '1').with('B', '3').block([])).toEqual({ name: 'A', value: '1\r\nB: 3' });
    expect(set.block([])).toEqual({ name: 'A', value: '1\r\nB: 2' });
  });

  it('refuse what would end one and begin another', () => {
    expect(() => none.with('A', '1\r\nB: 2')).toThrow('Invalid character');
    expect(() => none.with('A b', '1')).toThrow('valid HTTP token');
  });
});

import fc from 'fast-check';
import { Recent } from './recent';

describe('The memory of what was put in lately', () => {
  it('has what it is told, at most so many, and the newer half for certain', () => {
    const keys = fc.array(fc.tuple(fc.constantFrom(...'abcdefghijklmnop'), fc.constantFrom('set', 'delete', 'renew')), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(keys, fc.integer({ min: 2, max: 9 }), (steps, most) => {
        const recent = new Recent<number>(most);
        // The newest last.
        let model = new Map<string, number>();
        for (const [step, [key, what]] of steps.entries()) {
          const known = recent.get(key);
          if (what === 'delete') expect(recent.delete(key)).toBe(known !== undefined);
          else if (what === 'renew') expect(recent.renew(key)).toBe(known);
          else recent.set(key, step);
          model.delete(key);
          const value = what === 'set' ? step : known;
          if (what !== 'delete' && value !== undefined) model.set(key, value);
          const newest = [...model].slice(-Math.floor(most / 2));
          model = new Map([...model].filter(([each]) => recent.has(each)));
          for (const [each, last] of newest) expect(recent.get(each)).toBe(last);
          for (const [each, last] of model) expect(recent.get(each)).toBe(last);
          expect(recent.size).toBe(model.size);
          expect(recent.size).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('holds one even if there may be none', () => {
    const recent = new Recent<string>(0);
    recent.set('a', 'first');
    expect([recent.has('a'), recent.get('b')]).toEqual([true, undefined]);
  });

  it('looks at none of the others when one is put in', () => {
    const recent = new Recent<number>(1000);
    const walks = (['keys', 'values', 'entries', 'forEach', Symbol.iterator] as const).map((name) =>
      jest.spyOn(Map.prototype, name as 'keys'),
    );
    for (let index = 0; index < 5000; index++) recent.set(String(index), index);
    const walked = walks.filter(({ mock }) => mock.calls.length > 0);
    for (const walk of walks) walk.mockRestore();
    expect(walked).toEqual([]);
  });
});

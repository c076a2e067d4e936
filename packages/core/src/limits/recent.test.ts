import fc from 'fast-check';
import { Recent } from './recent';

describe('The memory of what was put in lately', () => {
  it('has what it is told, at most so many, and the newer half for certain', () => {
    const keys = fc.array(fc.tuple(fc.constantFrom(...'abcdefghijklmnop'), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 2, max: 9 }), (steps, most) => {
        const recent = new Recent<number>(most);
        // The newest last.
        let model = new Map<string, number>();
        for (const [step, [key, takesOut]] of steps.entries()) {
          const known = recent.get(key);
          if (takesOut) expect(recent.delete(key)).toBe(known !== undefined);
          else recent.set(key, step);
          model.delete(key);
          if (!takesOut) model.set(key, step);
          const newest = [...model].slice(-Math.floor(most / 2));
          model = new Map([...model].filter(([each]) => recent.has(each)));
          for (const [each, value] of newest) expect(recent.get(each)).toBe(value);
          for (const [each, value] of model) expect(recent.get(each)).toBe(value);
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

import fc from 'fast-check';
import { inspect } from 'node:util';
import { FieldCollector } from './fields';

function collect(pairs: readonly (readonly [string, string])[]) {
  const collector = new FieldCollector();
  for (const [name, value] of pairs) collector.add(name, value);
  return collector.collect();
}

describe('Fields', () => {
  it('say what a map of the same pairs says, whatever was collected before', () => {
    const text = fc.oneof(fc.constantFrom('a', 'b', 'host', '', '__proto__'), fc.string({ maxLength: 3 }));
    const pairs = fc.array(fc.tuple(text, text), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 6 }), (sets) => {
        const collector = new FieldCollector();
        const all = sets.map((set) => {
          for (const [name, value] of set) collector.add(name, value);
          return collector.collect();
        });
        all.forEach((fields, index) => {
          const map = new Map(sets[index]);
          expect([...fields]).toEqual([...map]);
          expect([fields.size, [...fields.keys()], [...fields.values()]]).toEqual([
            map.size,
            [...map.keys()],
            [...map.values()],
          ]);
          for (const name of [...map.keys(), 'other', 'size'])
            expect([fields.get(name), fields.has(name)]).toEqual([map.get(name), map.has(name)]);
        });
      }),
    );
  });

  it('keep the values of forty names apart from those that others have', () => {
    const pairs = (mark: string): [string, string][] =>
      Array.from({ length: 40 }, (_, i) => [`name${i}`, i % 3 === 0 ? 'same' : `${mark}${i}`]);
    const [one, other] = [collect(pairs('x')), collect(pairs('y'))];
    expect([...one]).toEqual(pairs('x'));
    expect([...other]).toEqual(pairs('y'));
  });

  it('share the list of their names with all that have the same', () => {
    const [one, other, longer] = [
      collect([
        ['host', 'a'],
        ['accept', 'b'],
      ]),
      collect([
        ['host', 'c'],
        ['accept', 'd'],
        ['host', 'e'],
      ]),
      collect([
        ['host', 'a'],
        ['accept', 'b'],
        ['origin', 'c'],
      ]),
    ];
    expect(other.names).toBe(one.names);
    expect(longer.names).not.toBe(one.names);
    expect(other.get('host')).toBe('e');
  });

  it('leave values alone that are there to differ', () => {
    const remembered = jest.spyOn(Map.prototype, 'set');
    const keys = ['first', 'second', 'third'].map((key) =>
      collect([['sec-websocket-key', key]]).get('sec-websocket-key'),
    );
    const known = remembered.mock.calls.map(([key]) => key as unknown);
    remembered.mockRestore();
    expect(keys).toEqual(['first', 'second', 'third']);
    expect(known.filter((key) => keys.includes(key as string))).toEqual([]);
  });

  it('can be walked with a function, and show on the console what they say', () => {
    const fields = collect([
      ['a', '1'],
      ['b', '2'],
    ]);
    const seen: unknown[] = [];
    fields.forEach((value, name, all) => seen.push([name, value, all === fields]));
    expect(seen).toEqual([
      ['a', '1', true],
      ['b', '2', true],
    ]);
    expect(inspect(fields)).toBe("Map(2) { 'a' => '1', 'b' => '2' }");
  });

  it('of ever new names, as somebody hostile may send them, are read like any other', () => {
    for (let i = 0; i < 5_000; i++) {
      const fields = collect([
        [`x-${i}`, `${i}`],
        ['host', 'a'],
      ]);
      expect([fields.get(`x-${i}`), fields.get('host')]).toEqual([`${i}`, 'a']);
    }
  });
});

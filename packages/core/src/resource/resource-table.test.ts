import fc from 'fast-check';
import type { Endpoint } from '../service/endpoint';
import type { Resource } from './resource';
import { ResourceTable } from './resource-table';

const endpoints = ['/a', '/b'].map((path) => ({ path }) as Endpoint);

/** What the table sees of a resource. */
const resourceOf = (uuid: string, endpoint = endpoints[0]): Resource =>
  ({ uuid, endpoint, nextInTable: undefined }) as unknown as Resource;

const numbered = (index: number): Resource => resourceOf(index.toString(16).padStart(8, '0'));

describe('The table of resources', () => {
  it('finds by uuid and endpoint what is in it, and first what came first', () => {
    // Many begin alike, and so are in one chain.
    const uuid = fc
      .tuple(fc.constantFrom('same-dig', 'another1'), fc.constantFrom('', 'x', 'y'))
      .map((two) => two.join(''));
    const step = fc.record({ uuid, endpoint: fc.constantFrom(...endpoints), adds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new ResourceTable();
        let model: Resource[] = [];
        for (const { uuid: id, endpoint, adds } of steps) {
          const known = model.find((each) => each.uuid === id && each.endpoint === endpoint);
          expect(table.find(id, endpoint)).toBe(known);
          expect(table.find(id)).toBe(model.find((each) => each.uuid === id));
          if (adds && !known) {
            const resource = resourceOf(id, endpoint);
            table.add(resource);
            model.push(resource);
          } else if (!adds) {
            const resource = known ?? resourceOf(id, endpoint);
            table.delete(resource);
            expect(resource.nextInTable).toBeUndefined();
            model = model.filter((each) => each !== resource);
          }
          expect(table.size).toBe(model.length);
          expect(new Set(table.all)).toEqual(new Set(model));
        }
      }),
    );
  });

  it('never has more to do for one than a few times as much as for another', () => {
    let links = 0;
    let most = 0;
    const counted = (index: number): Resource =>
      Object.defineProperty(numbered(index), 'nextInTable', {
        get: () => held.get(index),
        set: (next: Resource | undefined) => {
          links++;
          held.set(index, next);
        },
      });
    const held = new Map<number, Resource | undefined>();
    const table = new ResourceTable();
    const resources = Array.from({ length: 3000 }, (_, index) => counted(index * 7919));
    for (const act of ['add', 'delete'] as const)
      for (const resource of resources) {
        links = 0;
        table[act](resource);
        most = Math.max(most, links);
      }
    expect(most).toBeLessThan(40);
    expect(table.all).toEqual([]);
  });

  it('keeps its chains short while it grows, and all in it while it shrinks', () => {
    const table = new ResourceTable();
    const resources = Array.from({ length: 5000 }, (_, index) => numbered(index * 7919));
    for (const resource of resources) table.add(resource);
    let longest = 0;
    for (const resource of resources) {
      let length = 1;
      for (let each = resource.nextInTable; each; each = each.nextInTable) length++;
      longest = Math.max(longest, length);
    }
    expect(longest).toBeLessThan(20);
    for (const [index, resource] of resources.entries()) if (index % 100 > 0) table.delete(resource);
    const left = resources.filter((_, index) => index % 100 === 0);
    expect(left.map(({ uuid }) => table.find(uuid))).toEqual(left);
    expect(table.all).toHaveLength(left.length);
    // What has gone points to none that is there, and so keeps none in memory.
    expect(resources.filter((each) => !left.includes(each) && each.nextInTable)).toEqual([]);
  });
});

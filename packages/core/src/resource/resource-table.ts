import type { Endpoint } from '../service/endpoint';
import { digestAt } from '../request/query';
import type { Resource } from './resource';

/** How many chains there are at least. */
const FEWEST = 16;

/**
 * Resources by uuid; some clients are at several paths under one.
 *
 * Not a `Map`. One that is always added to and deleted from is given a new table by V8 again and again, and each old table
 * points to the next. When one of them gets old, all that follow are taken for living until the next full collection, and
 * so is each resource that was in one of them, with all that it has.
 */
export class ResourceTable {
  /** The first of each chain, by what their uuids begin with. The number of chains is a power of two. */
  #chains = emptyChains(FEWEST);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All that there are now, in no order. */
  get all(): Resource[] {
    const all: Resource[] = [];
    for (const first of this.#chains) for (let each = first; each; each = each.nextInTable) all.push(each);
    return all;
  }

  /** The resource with that uuid, at that endpoint. Default: at the one where its client came first. */
  find(uuid: string, endpoint?: Endpoint): Resource | undefined {
    let each = this.#chains[this.#chainOf(uuid)];
    while (each && (each.uuid !== uuid || (endpoint && each.endpoint !== endpoint))) each = each.nextInTable;
    return each;
  }

  add(resource: Resource): void {
    if (++this.#size > this.#chains.length) this.#spread(this.#chains.length * 2);
    this.#append(resource);
  }

  /** Tells whether it was there. */
  delete(resource: Resource): boolean {
    const chain = this.#chainOf(resource.uuid);
    let before: Resource | undefined;
    let each = this.#chains[chain];
    while (each && each !== resource) {
      before = each;
      each = each.nextInTable;
    }
    if (!each) return false;
    if (before) before.nextInTable = each.nextInTable;
    else this.#chains[chain] = each.nextInTable;
    each.nextInTable = undefined;
    if (--this.#size < this.#chains.length / 8 && this.#chains.length > FEWEST) this.#spread(this.#chains.length / 2);
    return true;
  }

  #chainOf(uuid: string): number {
    return digestAt(uuid) & (this.#chains.length - 1);
  }

  /** At the end of its chain: who is found first came first. */
  #append(resource: Resource): void {
    const chain = this.#chainOf(resource.uuid);
    let last = this.#chains[chain];
    while (last?.nextInTable) last = last.nextInTable;
    if (last) last.nextInTable = resource;
    else this.#chains[chain] = resource;
  }

  #spread(chains: number): void {
    const { all } = this;
    this.#chains = emptyChains(chains);
    for (const resource of all) resource.nextInTable = undefined;
    for (const resource of all) this.#append(resource);
  }
}

function emptyChains(count: number): (Resource | undefined)[] {
  return new Array<Resource | undefined>(count).fill(undefined);
}

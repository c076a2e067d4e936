import { digestAt } from '../request/query';
import type { Endpoint } from '../service/endpoint';
import type { Resource } from './resource';

/** How many chains there are at least: a power of two. */
const FEWEST = 16;

/**
 * Resources by uuid; some clients are at several paths under one.
 *
 * Not a `Map`. One that is always added to and deleted from is given a new table by V8 again and again, and each old table
 * points to the next. When one of them gets old, all that follow are taken for living until the next full collection, and
 * so is each resource that was in one of them, with all that it has.
 *
 * It grows by linear hashing: with each resource one chain is split, so that none has to wait until all are in a larger table.
 */
export class ResourceTable {
  /** The first of each chain. */
  readonly #chains = new Array<Resource | undefined>(FEWEST).fill(undefined);
  /** The largest power of two that is no more than there are chains. */
  #power = FEWEST;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All that there are now, in no order. */
  get all(): Resource[] {
    return this.#chains.flatMap(listOf);
  }

  /** The resource with that uuid, at that endpoint. Default: at the one where its client came first. */
  find(uuid: string, endpoint?: Endpoint): Resource | undefined {
    let each = this.#chains[this.#chainOf(uuid)];
    while (each && (each.uuid !== uuid || (endpoint && each.endpoint !== endpoint))) each = each.nextInTable;
    return each;
  }

  add(resource: Resource): void {
    this.#append(resource);
    if (++this.#size > this.#chains.length) this.#split();
  }

  /** Does nothing with one that is not there. */
  delete(resource: Resource): void {
    const chain = this.#chainOf(resource.uuid);
    let before: Resource | undefined;
    let each = this.#chains[chain];
    while (each && each !== resource) {
      before = each;
      each = each.nextInTable;
    }
    if (!each) return;
    if (before) before.nextInTable = each.nextInTable;
    else this.#chains[chain] = each.nextInTable;
    each.nextInTable = undefined;
    if (--this.#size < this.#chains.length / 2 && this.#chains.length > FEWEST) this.#merge();
  }

  /** Those whose chain is yet to be split are in the one that it will be split from. */
  #chainOf(uuid: string): number {
    const digest = digestAt(uuid);
    const chain = digest & (2 * this.#power - 1);
    return chain < this.#chains.length ? chain : digest & (this.#power - 1);
  }

  /** At the end of its chain: who is found first came first. */
  #append(resource: Resource): void {
    const chain = this.#chainOf(resource.uuid);
    let last = this.#chains[chain];
    while (last?.nextInTable) last = last.nextInTable;
    if (last) last.nextInTable = resource;
    else this.#chains[chain] = resource;
  }

  /** One chain more: some of those of another belong there. */
  #split(): void {
    const chain = this.#chains.length - this.#power;
    const moving = listOf(this.#chains[chain]);
    this.#chains[chain] = undefined;
    this.#chains.push(undefined);
    if (this.#chains.length === 2 * this.#power) this.#power *= 2;
    this.#appendAll(moving);
  }

  /** One chain less. */
  #merge(): void {
    const moving = listOf(this.#chains.pop());
    if (this.#chains.length < this.#power) this.#power /= 2;
    this.#appendAll(moving);
  }

  #appendAll(resources: readonly Resource[]): void {
    for (const resource of resources) {
      resource.nextInTable = undefined;
      this.#append(resource);
    }
  }
}

/** A chain. */
function listOf(first: Resource | undefined): Resource[] {
  const list: Resource[] = [];
  for (let each = first; each; each = each.nextInTable) list.push(each);
  return list;
}

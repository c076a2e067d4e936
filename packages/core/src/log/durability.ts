import type { Clock } from '../time/clock';
import type { Config } from '../settings/config';
import { DurableLog, remainder, type DurableLogParts } from './durable-log';
import type { DurableStore, LogChanges, ResourceKey, SavedLog, SavedResource, StoreStart } from './durable-store';
import { Failure } from '../errors';
import type { Logger } from '../logger';
import type { LogBounds, MessageLog } from './message-log';
import type { Outflow } from '../broadcaster/outflow';
import type { Resource } from '../resource/resource';
import type { Timer, Timers } from '../time/timers';

/** What durability is built on. */
export interface DurabilityParts {
  /** `proofSeconds`: after how long what was written to those who keep up is taken to have arrived, unless one of them waits longer. */
  readonly config: Pick<Config, 'proofSeconds'>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly outflow: Outflow;
  /** Number of the newest message of all. */
  readonly lastSequence: () => number;
}

/** How long a store that could not be written is left alone, in milliseconds. */
const RETRY = 1000;

const nothing: SavedLog = { messages: [], forgotten: -1 };

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (failure: Failure) => void;
}

/**
 * Lets a store have what must outlive the process: at the end of each turn in which something changed, all of it at once,
 * after it was written to those who are connected. What was committed is promised; what was not, is as if it had not been.
 */
export class Durability {
  readonly #store: DurableStore;
  readonly #parts: DurabilityParts;
  readonly #start: StoreStart;
  readonly #logs = new Set<DurableLog>();
  readonly #dropped = new Set<string>();
  readonly #resources = new Set<Resource>();
  readonly #ended = new Set<ResourceKey>();
  /** Resources that the store has. */
  readonly #known = new WeakSet<Resource>();
  /** Those among them that it takes to be away, or not to keep up. */
  readonly #away = new WeakSet<Resource>();
  readonly #waiters: Waiter[] = [];
  #scheduled = false;
  /** What the last commit failed with. */
  #failed: Failure | undefined;
  #alarm: Timer | undefined;
  #settled: number;
  #settleMillis: number;
  /** What had been given out at `#markedAt`. */
  #mark: number;
  #markedAt: number;

  /** @param start what the store had when it was opened */
  constructor(store: DurableStore, start: StoreStart, parts: DurabilityParts) {
    this.#store = store;
    this.#parts = parts;
    this.#start = start;
    this.#settled = start.settled;
    this.#settleMillis = parts.config.proofSeconds * 1000;
    this.#mark = start.end;
    this.#markedAt = parts.clock.now();
  }

  /** What is left of the log of a broadcaster that is not there yet. */
  remainder(id: string): MessageLog {
    return remainder(this.#store.log(nameOf(id)), id);
  }

  /** The log of a broadcaster, with what is left of it. */
  openLog(id: string, bounds: LogBounds, history = false): DurableLog {
    const name = nameOf(id);
    const saved = this.#dropped.has(name) ? nothing : this.#store.log(name);
    return this.#open({ name, topic: id, bounds, history }, saved);
  }

  /** A log for one resource alone: a new one, or what is left of it. */
  openOutbox({ uuid, path }: ResourceKey, bounds: LogBounds, restored = false): DurableLog {
    const name = `resource ${uuid} ${path}`;
    return this.#open({ name, topic: undefined, bounds, history: false }, restored ? this.#store.log(name) : nothing);
  }

  #open(parts: DurableLogParts, saved: SavedLog): DurableLog {
    return new DurableLog(parts, saved, (log) => {
      this.#logs.add(log);
      this.#schedule();
    });
  }

  /**
   * The resources of earlier runs. One that kept up has what had been committed, or, if it wants proof, what had settled.
   */
  resources(): SavedResource[] {
    const { end, settled } = this.#start;
    return Array.from(this.#store.resources(), (saved) =>
      saved.position === undefined ? { ...saved, position: end, proven: Math.max(settled, saved.proven ?? -1) } : saved,
    );
  }

  /** A resource takes what was written to it for arrived no earlier than so many milliseconds after: what is settled must be older. */
  settleAfter(millis: number): void {
    this.#settleMillis = Math.max(this.#settleMillis, millis);
  }

  /** A resource that was stored is there again. */
  restored(resource: Resource): void {
    this.#known.add(resource);
    this.#away.add(resource);
    this.changed(resource);
  }

  /** What is stored of a resource is of no use any more. */
  forget(key: ResourceKey): void {
    this.#ended.add(key);
    this.#schedule();
  }

  /** Nobody needs a log any more. */
  drop(log: DurableLog): void {
    this.#logs.delete(log);
    if (!log.isStored) return;
    this.#dropped.add(log.name);
    this.#schedule();
  }

  /** Something changed that a resource is to have again after a restart. */
  changed(resource: Resource): void {
    this.#resources.add(resource);
    this.#schedule();
  }

  /** Commits at once, if the store takes the resource for one that is away. */
  claim(resource: Resource): void {
    this.changed(resource);
    if (this.#away.has(resource) && !this.#failed) this.#commit();
  }

  ended(resource: Resource): void {
    this.#resources.delete(resource);
    if (this.#known.has(resource)) this.forget({ uuid: resource.uuid, path: resource.endpoint.path });
  }

  /** Resolves when all that changed is safe. Rejects with `not-stored` when it is not: it may be later, or never. */
  committed(): Promise<void> {
    if (this.#failed) return Promise.reject(this.#failed);
    if (!this.#scheduled) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Commits what there is, and ends it. */
  close(): void {
    this.#alarm?.cancel();
    if (this.#scheduled || this.#failed) this.#commit();
    this.#failed ??= new Failure('stopping');
    this.#alarm?.cancel();
    this.#store.close();
  }

  /** A store that failed is left alone until the alarm. */
  #schedule(): void {
    if (this.#scheduled || this.#failed) return;
    this.#scheduled = true;
    this.#parts.clock.soon(() => {
      if (this.#scheduled) this.#endTurn();
    });
  }

  #endTurn(): void {
    // So that a commit keeps nobody waiting.
    this.#parts.outflow.flush();
    this.#commit();
  }

  #commit(): void {
    const { logger } = this.#parts;
    this.#scheduled = false;
    const waiters = this.#waiters.splice(0);
    try {
      this.#write();
      if (this.#failed) logger.info('The store can be written again, and has what is left of what it missed');
      this.#failed = undefined;
      for (const { resolve } of waiters) resolve();
    } catch (cause) {
      if (!this.#failed) logger.error('The store could not be written: until it can, nothing is promised', { cause });
      const failure = (this.#failed = new Failure('not-stored', undefined, { cause }));
      this.#alarm?.cancel();
      this.#alarm = undefined;
      this.#wake(RETRY);
      for (const { reject } of waiters) reject(failure);
    }
  }

  #wake(millis: number): void {
    this.#alarm ??= this.#parts.timers.after(millis, () => {
      this.#alarm = undefined;
      this.#endTurn();
    });
  }

  #write(): void {
    const end = this.#parts.lastSequence();
    const logs = new Map<string, LogChanges>();
    for (const log of this.#logs) logs.set(log.name, log.changes);
    const resources = new Map<Resource, SavedResource>();
    for (const resource of this.#resources) {
      const { saved } = resource.durable;
      if (saved) resources.set(resource, saved);
    }
    const settled = this.#settle(end);
    this.#store.commit({
      end,
      settled,
      logs,
      dropped: this.#dropped,
      resources: [...resources.values()],
      ended: this.#ended,
    });
    this.#written(resources);
  }

  #written(resources: ReadonlyMap<Resource, SavedResource>): void {
    for (const log of this.#logs) log.stored();
    for (const [resource, { position }] of resources) {
      this.#known.add(resource);
      if (position === undefined) this.#away.delete(resource);
      else this.#away.add(resource);
    }
    this.#logs.clear();
    this.#dropped.clear();
    this.#resources.clear();
    this.#ended.clear();
  }

  /** What was given out a whole period ago is settled. */
  #settle(end: number): number {
    const now = this.#parts.clock.now();
    if (now - this.#markedAt >= this.#settleMillis) {
      this.#settled = this.#mark;
      this.#mark = end;
      this.#markedAt = now;
    }
    // So that the last messages before a silence settle, too.
    if (this.#settled < end) this.#wake(this.#settleMillis);
    return this.#settled;
  }
}

/** What the store knows the log of a broadcaster by. */
function nameOf(id: string): string {
  return `broadcaster ${id}`;
}

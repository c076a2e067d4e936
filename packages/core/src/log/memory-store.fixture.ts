import type { DurableStore, LogChanges, SavedLog, SavedMessage, SavedResource } from './durable-store';
import type { StoreChanges, StoreStart } from './durable-store';

interface Shelf {
  messages: SavedMessage[];
  forgotten: number;
}

/** What a disk has. Outlives the stores that are opened on it. */
export class Disk {
  readonly shelves = new Map<string, Shelf>();
  readonly resources = new Map<string, string>();
  readonly runs = new Map<string, { end: number; settled: number }>();
  /** Every commit, in order. */
  readonly commits: StoreChanges[] = [];
  /** What the next commits throw. */
  error: Error | undefined;
}

/** A store that writes to a disk in memory: what is committed outlives the app that wrote it, and nothing else does. */
export class MemoryStore implements DurableStore {
  #epoch = '';
  closed = false;

  constructor(readonly disk: Disk) {}

  open(): StoreStart {
    const { runs } = this.disk;
    const last = [...runs.values()].at(-1) ?? { end: -1, settled: -1 };
    this.#epoch = `run${runs.size}`;
    runs.set(this.#epoch, { ...last });
    return { epoch: this.#epoch, firstSequence: last.end + 1, ...last };
  }

  resolve(epoch: string, sequence: number): number | undefined {
    const run = this.disk.runs.get(epoch);
    return run && Math.min(sequence, run.end);
  }

  log(name: string): SavedLog {
    const { messages = [], forgotten = -1 } = this.disk.shelves.get(name) ?? {};
    return { messages: [...messages], forgotten };
  }

  *resources(): Iterable<SavedResource> {
    for (const state of this.disk.resources.values()) yield JSON.parse(state) as SavedResource;
  }

  commit(changes: StoreChanges): void {
    const { disk } = this;
    if (this.closed) throw new Error('closed');
    if (disk.error) throw disk.error;
    const { resources, ended, dropped } = changes;
    disk.commits.push({ ...changes, resources: [...resources], ended: [...ended], dropped: [...dropped] });
    for (const name of dropped) disk.shelves.delete(name);
    for (const [name, log] of changes.logs) this.#write(name, log);
    for (const { uuid, path } of ended) disk.resources.delete(`${uuid} ${path}`);
    for (const resource of resources) disk.resources.set(`${resource.uuid} ${resource.path}`, JSON.stringify(resource));
    disk.runs.set(this.#epoch, { end: changes.end, settled: changes.settled });
  }

  close(): void {
    this.closed = true;
  }

  #write(name: string, { messages, forgotten, first = 0 }: LogChanges): void {
    const shelf = this.disk.shelves.get(name) ?? { messages: [], forgotten: -1 };
    shelf.messages = [...shelf.messages, ...messages].filter(({ sequence }) => sequence >= first);
    shelf.forgotten = forgotten;
    this.disk.shelves.set(name, shelf);
  }
}

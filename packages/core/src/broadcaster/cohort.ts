import type { Framing } from '../codec/framing';
import type { Resource } from '../resource/resource';
import type { Flushable } from './outflow';
import type { Batch } from './pulled';
import type { Connection, Frame } from '../transport';

/** A connection that goes on, without a native group. */
export interface Stream extends Connection {
  readonly owner: Resource;
}

export function isStream(connection: Connection): connection is Stream {
  return connection.owner !== undefined;
}

/** What a cohort reads, framed. */
export interface Shelf {
  /** Offset after the newest message. */
  readonly end: number;
  /**
   * What is the same for all but those named in it, from an offset on, as much as fits one write; undefined where it takes more than
   * to read on: where messages are missing, or what is next depends on who gets it.
   *
   * @param single at most one message
   */
  common(framing: Framing, start: number, single: boolean): Batch | undefined;
  /** The same, up to that offset, for one that is named in it. */
  others(framing: Framing, start: number, end: number, resource: Resource): readonly Frame[];
  /** A connection could not be written to. */
  failed(cause: unknown): void;
}

/**
 * Streams that are framed alike and have got the same of one log. A thousand streams are a thousand looks at their resources,
 * none of which is in a cache; so what comes next is written to them past their resources, which are owed nothing else. Whoever
 * asks a resource for what it is owed takes its stream out first (`Attachment.owed`).
 */
export class Cohort implements Flushable {
  readonly #streams = new Set<Stream>();

  /** @param cursor offset of the next message to write to all */
  constructor(
    readonly framing: Framing,
    public cursor: number,
    private readonly shelf: Shelf,
  ) {}

  get size(): number {
    return this.#streams.size;
  }

  get owners(): Resource[] {
    return Array.from(this.#streams, ({ owner }) => owner);
  }

  add(stream: Stream): void {
    this.#streams.add(stream);
  }

  delete(stream: Stream): void {
    this.#streams.delete(stream);
  }

  /** Writes what is new. */
  flush(): void {
    const { shelf } = this;
    while (this.#streams.size > 0 && this.cursor < shelf.end) {
      const batch = shelf.common(this.framing, this.cursor, false);
      // Messages are missing, or what is next depends on who gets it: each goes on by itself.
      if (!batch) return this.disband();
      this.write(batch);
    }
  }

  private write({ frames, end, except }: Batch): void {
    const { shelf, cursor: start } = this;
    this.cursor = end;
    for (const stream of this.#streams) {
      try {
        const isLeft = except?.includes(stream.owner.uuid);
        const due = isLeft ? shelf.others(this.framing, start, end, stream.owner) : frames;
        const result = due.length === 0 ? 'ok' : stream.write(due);
        if (result !== 'ok') stream.owner.out.stuck(stream, result === 'closed' ? start : end);
      } catch (cause) {
        // One connection that fails must not keep the message from the others.
        shelf.failed(cause);
      }
    }
  }

  private disband(): void {
    for (const { owner } of [...this.#streams]) owner.out.stepOut();
  }
}

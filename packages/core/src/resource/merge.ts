import type { Payload } from '@ionosphere/protocol';
import { BATCH_BYTES } from '../broadcaster/pulled';
import { joined, type Framing } from '../codec/framing';
import type { LogEntry } from '../log/message-log';
import type { Resource } from './resource';
import { isDropped } from './slow-clients';
import type { Source } from './subscription';
import type { Frame } from '../transport';

/** How many messages of several sources go into one write. */
const MERGED_MESSAGES = 256;

/** Of many that owe something, those of which one write may have a message: a look at all for each message would take too long. */
export function nearest(due: readonly Source[]): readonly Source[] {
  if (due.length <= MERGED_MESSAGES) return due;
  return due
    .map((source) => ({ source, sequence: source.log.at(source.cursor).sequence }))
    .sort((one, other) => one.sequence - other.sequence)
    .slice(0, MERGED_MESSAGES)
    .map(({ source }) => source);
}

/** Messages for one write, and how far the sources are once it is done. */
export interface Merged {
  readonly frames: readonly Frame[];
  readonly cursors: readonly number[];
}

/**
 * Messages of several sources, in the order in which they were sent.
 *
 * @param until number of the last message that may be among them
 */
export function merge(
  sources: readonly Source[],
  framing: Framing,
  single: boolean,
  resource: Resource,
  until = Infinity,
): Merged {
  const cursors = sources.map(({ cursor }) => cursor);
  const frames: Frame[] = [];
  let bytes = 0;
  // Those that are not for the resource count: after so many, a source that is not among these may be next.
  for (let count = 0; count < MERGED_MESSAGES && bytes < BATCH_BYTES && !(single && frames.length > 0); count++) {
    const next = oldest(sources, cursors);
    if (!next || next.entry.sequence > until) break;
    const { entry, index } = next;
    const payload = payloadFor(entry, resource);
    const frame = payload === undefined ? undefined : framing.frame(payload, entry);
    if (frame !== undefined) frames.push(frame);
    bytes += payload?.length ?? 0;
    cursors[index] = (cursors[index] ?? 0) + 1;
  }
  return { frames: framing.delimited ? joined(frames) : frames, cursors };
}

function payloadFor({ payload, view, except }: LogEntry, resource: Resource): Payload | undefined {
  if (except !== undefined && except === resource.uuid) return undefined;
  return view ? view(resource) : payload;
}

/** The message with the lowest number among those that are next; undefined when there is none, or when it can't be told. */
function oldest(sources: readonly Source[], cursors: number[]): { entry: LogEntry; index: number } | undefined {
  let next: { entry: LogEntry; index: number } | undefined;
  for (const [index, source] of sources.entries()) {
    const { log, end } = source;
    let cursor = cursors[index] ?? 0;
    while (cursor < end && isDropped(source, cursor)) cursor++;
    cursors[index] = cursor;
    if (cursor >= end) continue;
    // What decides about one message may make a log forget others. Before anything newer, `catchUp` has to see it.
    if (cursor < log.start) return undefined;
    const entry = log.at(cursor);
    if (!next || entry.sequence < next.entry.sequence) next = { entry, index };
  }
  return next;
}

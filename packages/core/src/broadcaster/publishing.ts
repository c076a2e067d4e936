import { allBut, type Condition } from './audience';
import type { Broadcaster } from './broadcaster';
import type { BroadcastOptions } from './broadcaster-parts';
import { payloadOf, type Filtering, type Outgoing, type View } from './filtering';
import type { LogEntry, NamedReceivers } from '../log/message-log';
import type { Resource } from '../resource/resource';
import { refuseThreads, type Siblings } from './siblings';

/** The entry of a log. What is usual is half as large: the log keeps many. */
export function entryOf(
  plain: LogEntry,
  key: string | undefined,
  left: Resource | undefined,
  view: View | undefined,
  receivers: NamedReceivers | undefined,
): LogEntry {
  if (!(key ?? left ?? view)) return plain;
  const { payload, sequence, at, topic } = plain;
  // Not with the spread operator: V8 gives each object that it makes so another shape, which all that read it look for anew.
  return { payload, sequence, at, topic, key, except: left?.uuid, view, receivers };
}

/** Who is told of a message before it is encoded. */
export function wantedBy(left: Resource | undefined, wanted: Condition | undefined): Condition | undefined {
  return left ? allBut(left) : wanted;
}

/** Sends a message of the broadcaster of that name to resources that are named; gives how many got it. */
export function sendTo(
  to: Resource | Iterable<Resource>,
  outgoing: Outgoing,
  filtering: Filtering | undefined,
  broadcaster: string,
): number {
  const payload = payloadOf(outgoing, broadcaster);
  const view = filtering?.view(outgoing);
  let receivers = 0;
  for (const resource of Symbol.iterator in to ? new Set(to) : [to]) {
    const own = view ? view(resource) : payload;
    if (own === undefined) continue;
    receivers++;
    resource.listeners.watcher()?.(outgoing.message);
    resource.send(own);
  }
  return receivers;
}

/** Throws when something is to decide for each receiver: it would see the receivers of its own thread only. */
export function checkCrossing(
  { id }: Broadcaster,
  siblings: Siblings,
  { to, except }: BroadcastOptions,
  filtering: Filtering | undefined,
): void {
  const decides = typeof to === 'function' ? 'to' : typeof except === 'function' ? 'except' : undefined;
  const mend = 'give a broadcaster of its own to those who are to get it, and subscribe them to it';
  if (decides) refuseThreads(siblings, `Broadcaster "${id}": \`${decides}\` can't be a function`, mend);
  if (filtering?.perReceiver) refuseThreads(siblings, `Broadcaster "${id}": a filter can't have \`filterFor\``, mend);
}

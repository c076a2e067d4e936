import { Parameter } from '@ionosphere/protocol';
import type { Broadcaster } from '../broadcaster/broadcaster';
import type { Context } from '../resource/context';
import type { Durability } from './durability';
import type { SavedResource, SavedSubscription } from './durable-store';
import type { Failure } from '../errors';
import type { Outbound } from '../resource/outbound';
import type { MessageLog } from './message-log';
import type { RestoredPlace } from '../resource/subscription';
import type { Resource } from '../resource/resource';
import type { Suspension } from '../resource/suspension';
import type { WireParameters } from '../request/wire';

/** What of a resource outlives the process. */
export class DurableState {
  readonly #resource: Resource;
  readonly #out: Outbound;
  readonly #suspension: () => Suspension;
  readonly #durability: Durability | undefined;

  constructor(
    resource: Resource,
    out: Outbound,
    suspension: () => Suspension,
    { durability }: Pick<Context, 'durability'>,
  ) {
    this.#durability = durability;
    this.#resource = resource;
    this.#out = out;
    this.#suspension = suspension;
  }

  /** All that a store must have of it; undefined when it does not outlive the process. */
  get saved(): SavedResource | undefined {
    const { uuid, endpoint, state, request, recovery, announced, pollBroken } = this.#resource;
    const { connection, full, position, owed } = this.#out;
    if (state === 'connecting' || state === 'closed' || !endpoint.broadcaster.log.durable) return undefined;
    const { departures } = owed;
    const { torn, proven, pastEnd } = recovery.saved;
    return {
      uuid,
      path: endpoint.path,
      wire: wireQuery(request.wire),
      position: connection && !full ? undefined : position,
      ...{ torn, proven, pastEnd: Math.max(pastEnd, departures?.unsaved ?? -1) },
      gap: owed.gap || [...(departures?.owing ?? [])].some((one) => one.owes && !one.saved),
      retains: owed.retains,
      announced: announced !== undefined,
      pollBroken,
      suspended: this.#resource.isSuspended,
      subscriptions: this.#subscriptions,
    };
  }

  get #subscriptions(): SavedSubscription[] {
    const { subscriptions, departures, absent } = this.#out.owed;
    const departed = departures?.all ?? [];
    const awaited = absent.map(({ id, since }) => ({ id, since }));
    const present = subscriptions.map(({ broadcaster, since }) => ({
      id: broadcaster.id,
      since,
      membership: broadcaster.membershipOf?.(this.#resource),
    }));
    return [...present, ...departed.flatMap(({ saved }) => saved ?? []), ...awaited];
  }

  /**
   * The connection takes messages again. Where nothing may come twice, the store knows it before what waits is written: else
   * that would come again if the process was killed before the end of the turn.
   */
  claim(): void {
    const { endpoint, request } = this.#resource;
    const { delivery } = endpoint.service.config;
    const mayRepeat = delivery === 'at-least-once' || request.wire.position !== undefined || !this.#out.owed.any;
    if (mayRepeat) this.#durability?.changed(this.#resource);
    else this.#durability?.claim(this.#resource);
  }

  /** Goes on where an earlier run of the server was killed, or stopped. Its subscriptions follow, by `rejoin` and `await`. */
  restore(saved: SavedResource): void {
    const resource = this.#resource;
    const { owed } = this.#out;
    const { position = -1, gap, pastEnd, retains, announced, pollBroken, suspended } = saved;
    resource.announced = announced ? 'earlier' : undefined;
    resource.pollBroken = pollBroken;
    if (!suspended) this.#suspension().end(false);
    // First: what is not retained is forgotten as soon as nobody is owed it.
    owed.retains = retains;
    owed.restoreOutbox(position);
    if (gap) owed.missed(pastEnd);
    resource.recovery.restore(saved);
    resource.awaitReturn(resource.endpoint.service.config.recoverySeconds);
  }

  /** Takes a place that it had in an earlier run of the server. */
  rejoin(broadcaster: Broadcaster, place: RestoredPlace): void {
    if (this.#resource.state !== 'closed') this.#out.subscribe(broadcaster, false, place);
  }

  /** It had left a place, and may be owed something of what is left of that log. */
  depart(id: string, log: MessageLog, place: RestoredPlace): void {
    this.#out.owed.restoreDeparted(id, log, place);
  }

  /**
   * It had a place in a broadcaster that is not there yet. What is left of that one's log goes to the resource in its order
   * all the same: once a client has got what is newer, it would be too late.
   */
  await(id: string, log: MessageLog, place: RestoredPlace): void {
    this.#out.owed.await(id, log, place);
  }

  /** The broadcaster is there. */
  awaited(broadcaster: Broadcaster): void {
    const { owed } = this.#out;
    const absent = owed.findAbsent(broadcaster.id);
    if (!absent) return;
    // It has another log now, which knows nothing of what is left.
    if (absent.owes && !broadcaster.log.durable) owed.missed();
    this.rejoin(broadcaster, absent);
  }

  /** The server stops. A resource that outlives it does not end: its client is to come back to the next one. */
  dismiss(failure: Failure): void {
    if (!this.saved) return this.#resource.close(failure);
    const { connection } = this.#out;
    if (!connection) return;
    this.#out.flush();
    this.#resource.detach(connection, 'lost');
    connection.close(failure);
  }
}

/** What a client said of itself: the rest of its request, such as its tickets, is for nobody else's eyes. */
function wireQuery(wire: WireParameters): string {
  const { framework, transport, protocol, trackMessageSize, positions } = wire;
  const pairs: [string, string | undefined][] = [
    [Parameter.framework, framework?.join('.')],
    [Parameter.transport, transport],
    [Parameter.protocol, protocol ? 'true' : undefined],
    [Parameter.trackMessageSize, trackMessageSize ? 'true' : undefined],
    [Parameter.position, positions ? '' : undefined],
  ];
  return pairs
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${encodeURIComponent(value)}`))
    .join('&');
}

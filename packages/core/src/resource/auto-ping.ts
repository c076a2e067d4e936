import { Failure } from '../errors';
import type { Resource } from './resource';
import type { ResourceEvent } from './resource-event';
import type { ResourceListener } from './resource-listener';
import type { Timers } from '../time/timers';

/** Pings that are sent by themselves, and measure the way to the client and back. */
export interface AutoPing {
  /** Seconds between two pings. */
  readonly interval: number;
  /** Makes what a ping carries, up to 125 bytes; should be another one each time. Default: a number that counts. */
  readonly body?: (resource: Resource) => string | Uint8Array;
}

/** How many pings may be without an answer; older ones are forgotten. */
const MOST_PENDING = 8;

/** The pings of one resource. */
class Pinger {
  /** What each carried -> when it was sent, in milliseconds since the epoch. */
  readonly pending = new Map<string, number>();
  count = 0;
  roundTripMillis: number | undefined;
}

const pingers = new WeakMap<Resource, Pinger>();

/** How long the last ping of `autoPing` that was answered was under way, in milliseconds; undefined when none was. */
export function roundTripOf(resource: Resource): number | undefined {
  return pingers.get(resource)?.roundTripMillis;
}

/** For transports: a pong came. Tells whether it answers a ping of the framework: the application does not see it. */
export function pongArrived(resource: Resource, data: Uint8Array): boolean {
  if (data.byteLength === 0) return false;
  const text = Buffer.from(data).toString('latin1');
  if (resource.recovery.answered(text)) return true;
  const pinger = pingers.get(resource);
  const sent = pinger?.pending.get(text);
  if (!pinger || sent === undefined) return false;
  // A pong may answer the newest of several pings: the older ones get no answer (RFC 6455, 5.5.3).
  for (const body of [...pinger.pending.keys()]) {
    pinger.pending.delete(body);
    if (body === text) break;
  }
  resource.endpoint.roundTrip(resource, sent, (millis) => (pinger.roundTripMillis = millis));
  return true;
}

/** Pings every resource of a service while it has a connection that can be pinged. */
export class AutoPings implements ResourceListener {
  constructor(
    private readonly options: AutoPing,
    private readonly parts: { readonly timers: Timers; readonly now: () => number },
  ) {
    if (!(options.interval > 0))
      throw new RangeError(`autoPing.interval is ${options.interval}; it must be a number of seconds above 0`);
  }

  onSuspend({ resource }: ResourceEvent): void {
    const known = pingers.get(resource);
    // What was sent on an older connection is not answered any more.
    if (known) return known.pending.clear();
    const pinger = new Pinger();
    pingers.set(resource, pinger);
    this.#wait(resource, pinger);
  }

  #wait(resource: Resource, pinger: Pinger): void {
    this.parts.timers.after(this.options.interval * 1000, () => {
      if (resource.state === 'closed') return;
      this.#wait(resource, pinger);
      try {
        this.#ping(resource, pinger);
      } catch (cause) {
        resource.endpoint.fail(cause, resource);
      }
    });
  }

  #ping(resource: Resource, { pending, count }: Pinger): void {
    const { connection } = resource.out;
    if (!connection?.sendPing) return;
    const pinger = pingers.get(resource);
    if (pinger) pinger.count = count + 1;
    const body = this.options.body?.(resource) ?? `ping ${count}`;
    const bytes = Buffer.from(body);
    if (bytes.byteLength === 0 || bytes.byteLength > 125)
      throw new Failure('handler-failed', undefined, {
        cause: new RangeError(`autoPing.body gave ${bytes.byteLength} bytes; a ping carries 1 to 125`),
      });
    const text = bytes.toString('latin1');
    pending.delete(text);
    pending.set(text, this.parts.now());
    for (const oldest of pending.keys()) {
      if (pending.size <= MOST_PENDING) break;
      pending.delete(oldest);
    }
    connection.sendPing(body);
  }
}

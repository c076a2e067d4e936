import type { Payload } from '@ionosphere/protocol';
import type { Broadcaster } from '../broadcaster/broadcaster';
import type { Context } from './context';
import { inTurn } from './inbox';
import type { Outbound } from './outbound';
import type { Resource } from './resource';
import type { Timer, Timers } from '../time/timers';

/** Whether a resource gets messages: it does from its first connection on, until it is resumed. */
export class Suspension {
  readonly #out: Outbound;
  readonly #timers: Timers;
  readonly #maxKept: number;
  readonly #kept: Payload[] = [];
  #holds = true;
  #timer: Timer | undefined;

  /** @param maxKept how many messages may wait for the end of it. */
  constructor(out: Outbound, timers: Timers, maxKept: number) {
    this.#out = out;
    this.#timers = timers;
    this.#maxKept = maxKept;
  }

  get holds(): boolean {
    return this.#holds;
  }

  /** Subscribes again who was resumed. Throws `full` when there is no room. */
  begin(broadcaster: Broadcaster): void {
    if (this.#holds) return;
    this.#out.subscribe(broadcaster, false);
    this.#holds = true;
  }

  /** Begins it again for who was resumed, and is there again. Throws `full` when there is no room. */
  comeBack(broadcaster: Broadcaster): void {
    this.begin(broadcaster);
    this.release();
  }

  /** Ends it after a time; a negative number of seconds is never. */
  limit(seconds: number, end: () => void): void {
    this.cancelLimit();
    if (seconds >= 0) this.#timer = this.#timers.after(seconds * 1000, end);
  }

  cancelLimit(): void {
    this.#timer?.cancel();
  }

  /** Keeps a message for the end of it, or for the next connection. */
  keep(payload: Payload): void {
    this.#kept.push(payload);
    if (this.#kept.length > this.#maxKept) this.#kept.shift();
  }

  /** Sends what was kept. */
  release(): void {
    for (const payload of this.#kept.splice(0)) this.#out.send(payload);
  }

  /** @param unsubscribe whether what is sent meanwhile is missed. */
  end(unsubscribe: boolean): void {
    this.cancelLimit();
    this.release();
    this.#out.flush();
    this.#holds = false;
    if (unsubscribe) this.#out.unsubscribeAll();
  }
}

/** Whether a resource gets messages. One that was never suspended or resumed by the application does. */
export function holds(suspension: Suspension | undefined): boolean {
  return suspension?.holds ?? true;
}

/** Ends the wait of a resource: tells its service, and sends its client home, unless the connection speaks both ways. */
export function endSuspension(
  resource: Resource,
  suspension: Suspension,
  context: Pick<Context, 'track'>,
  timeout: boolean,
): void {
  const { connection } = resource.out;
  // Who waited over HTTP and was sent home by the clock asks again, and misses nothing meanwhile.
  suspension.end(!timeout || connection?.transport.duplex === true);
  const event = resource.listeners.tell('onResume', 'resume', { timeout });
  context.track(inTurn(resource, () => resource.endpoint.resume(event)));
  // Only a connection that speaks both ways is of use to a resource that gets nothing.
  if (!connection || connection.transport.duplex || connection !== resource.out.connection) return;
  resource.detach(connection, 'answered');
  connection.close();
}

import { Broadcaster, type BroadcastOptions } from './broadcaster';
import type { Delivery } from './delivery';

/**
 * Writes at once: when `broadcast` returns, whoever is connected has been written to. A `Broadcaster` writes to SSE,
 * streaming and long-polling at the end of the turn, which joins the messages of a turn into one write; this one costs a
 * write per message and connection.
 */
export class SimpleBroadcaster extends Broadcaster {
  override broadcast(value: unknown, options?: BroadcastOptions): Delivery {
    const delivery = super.broadcast(value, options);
    this.flush();
    return delivery;
  }
}

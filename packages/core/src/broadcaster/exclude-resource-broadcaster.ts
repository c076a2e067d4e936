import { Broadcaster } from './broadcaster';

/**
 * Stands for Atmosphere's `ExcludeSessionBroadcaster`. Here every broadcaster can leave resources out, such as the sender:
 * `broadcast(message, { except: resource })`.
 */
export class ExcludeResourceBroadcaster extends Broadcaster {}

import type { Config } from '../settings/config';
import type { HeartbeatPlan, Interceptor } from './interceptor';
import type { Request } from '../request/request';

/** A day; who wishes less often may as well wish for none. */
const LONGEST_WISH = 86_400;

/** Heartbeats in both directions, as the settings `heartbeatSeconds`, `clientHeartbeatSeconds` and `heartbeatPadding` say. */
export class HeartbeatInterceptor implements Interceptor {
  readonly priority = 'DEFAULT';
  readonly #plan: HeartbeatPlan;

  constructor({
    heartbeatSeconds,
    clientHeartbeatSeconds,
    heartbeatPadding,
  }: Pick<Config, 'heartbeatSeconds' | 'clientHeartbeatSeconds' | 'heartbeatPadding'>) {
    this.#plan = { serverSeconds: heartbeatSeconds, clientSeconds: clientHeartbeatSeconds, padding: heartbeatPadding };
  }

  /** The client may ask for rarer heartbeats, or for none with 0, but not for more frequent ones. */
  heartbeat({ wire }: Request): HeartbeatPlan {
    const { serverSeconds } = this.#plan;
    const wished = wire.heartbeatSeconds;
    if (wished === undefined || serverSeconds === 0 || (wished !== 0 && wished <= serverSeconds)) return this.#plan;
    return { ...this.#plan, serverSeconds: Math.min(wished, LONGEST_WISH) };
  }
}

import type { Payload } from '@ionosphere/protocol';
import type { Config } from './config';
import type { Context } from './context';
import { Heartbeat } from './heartbeat';
import type { HeartbeatPlan } from './interceptor';
import type { Outbound } from './outbound';
import type { Request } from './request';

/** How a resource and the server show each other, on the newest connection, that they live. */
export class LifeSigns extends Heartbeat {
  readonly #out: Outbound;
  readonly #config: Pick<Config, 'resumeOnHeartbeat'>;
  #request: Request | undefined;
  #plan: HeartbeatPlan | undefined;

  constructor(context: Context, out: Outbound, config: Pick<Config, 'resumeOnHeartbeat'>) {
    super(context, out);
    this.#out = out;
    this.#config = config;
  }

  /** What was agreed on for the connection; undefined while there was none. */
  get plan(): HeartbeatPlan | undefined {
    return this.#plan;
  }

  /** A connection begins. */
  begin(plan: HeartbeatPlan, request: Request): void {
    this.#plan = plan;
    this.#request = request;
    this.start(plan.serverSeconds);
  }

  /** Whether a message is the client's heartbeat. Where none was asked for, the text is a message like any other. */
  isHeartbeat(payload: Payload): boolean {
    const plan = this.#plan;
    return plan !== undefined && plan.clientSeconds > 0 && payload === plan.padding && !!this.#request?.wire.protocol;
  }

  /** Sends a heartbeat. Only a client that had a handshake knows the padding; for any other it would be a message. */
  send(): void {
    const { connection } = this.#out;
    const text = this.#request?.wire.protocol ? this.#plan?.padding : undefined;
    if (connection?.transport.oneShot && !this.#config.resumeOnHeartbeat) this.#out.writeOn(text);
    else if (text !== undefined) this.#out.writeControl(text);
    else connection?.ping?.();
  }
}

import type { Payload } from '@ionosphere/protocol';
import { Heartbeat } from './heartbeat';
import type { HeartbeatPlan } from '../interceptors/interceptor';
import type { Outbound } from './outbound';

/** A plan, of which the text is known to the client or is left out. */
type Agreement = Omit<HeartbeatPlan, 'padding'> & Partial<HeartbeatPlan>;

/** Plans without their text: nearly all connections have the same plan. */
const silent = new WeakMap<HeartbeatPlan, Agreement>();

/** Only a client that had a handshake knows the text; for any other it would be a message. */
function withoutText(plan: HeartbeatPlan): Agreement {
  const { serverSeconds, clientSeconds } = plan;
  let known = silent.get(plan);
  if (!known) silent.set(plan, (known = { serverSeconds, clientSeconds }));
  return known;
}

/** How a resource and the server show each other, on the newest connection, that they live. */
export class LifeSigns extends Heartbeat {
  declare protected readonly written: Outbound;
  private agreed: Agreement | undefined;

  constructor(out: Outbound) {
    super(out);
  }

  /** What was agreed on for the connection; undefined while there was none. */
  get plan(): Agreement | undefined {
    return this.agreed;
  }

  protected get interval(): number {
    return (this.agreed?.serverSeconds ?? 0) * 1000;
  }

  /** A connection begins. */
  begin(plan: HeartbeatPlan): void {
    this.agreed = this.written.resource.request.wire.protocol ? plan : withoutText(plan);
    this.start();
  }

  override stop(): void {
    super.stop();
    this.written.lapse();
  }

  /** Whether a message is the client's heartbeat. Where none was asked for, the text is a message like any other. */
  isHeartbeat(payload: Payload): boolean {
    const plan = this.agreed;
    return plan !== undefined && plan.clientSeconds > 0 && payload === plan.padding;
  }

  send(): void {
    const { agreed, written } = this;
    const { connection } = written;
    const text = agreed?.padding;
    if (connection?.transport.oneShot && !written.resource.endpoint.service.config.resumeOnHeartbeat)
      written.writeOn(text);
    else if (text !== undefined) written.beat(text);
    else connection?.ping?.();
  }
}

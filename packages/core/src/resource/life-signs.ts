import type { Payload } from '@ionosphere/protocol';
import { Heartbeat } from './heartbeat';
import type { HeartbeatPlan } from '../interceptors/interceptor';
import type { Outbound } from './outbound';

/** How a resource and the server show each other, on the newest connection, that they live. */
export class LifeSigns extends Heartbeat {
  declare protected readonly written: Outbound;
  private agreed: HeartbeatPlan | undefined;
  /** What is sent. Only a client that had a handshake knows the padding; for any other it would be a message. */
  private text: string | undefined;

  constructor(out: Outbound) {
    super(out);
  }

  /** What was agreed on for the connection; undefined while there was none. */
  get plan(): HeartbeatPlan | undefined {
    return this.agreed;
  }

  protected get interval(): number {
    return (this.agreed?.serverSeconds ?? 0) * 1000;
  }

  /** A connection begins. */
  begin(plan: HeartbeatPlan): void {
    this.agreed = plan;
    this.text = this.written.resource.request.wire.protocol ? plan.padding : undefined;
    this.start();
  }

  override stop(): void {
    super.stop();
    this.written.lapse();
  }

  /** Whether a message is the client's heartbeat. Where none was asked for, the text is a message like any other. */
  isHeartbeat(payload: Payload): boolean {
    const plan = this.agreed;
    return plan !== undefined && plan.clientSeconds > 0 && payload === this.text;
  }

  send(): void {
    const { text, written } = this;
    const { connection } = written;
    if (connection?.transport.oneShot && !written.resource.endpoint.service.config.resumeOnHeartbeat)
      written.writeOn(text);
    else if (text !== undefined) written.beat(text);
    else connection?.ping?.();
  }
}

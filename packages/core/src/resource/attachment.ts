import type { Framing } from '../codec/framing';
import type { OutboundParts } from './outbound-rules';
import type { Owed } from './owed';
import type { Request } from '../request/request';
import { Run } from './run';
import type { Connection } from '../transport';

/** Which connection a resource has, and what request opened the newest one. */
export abstract class Attachment {
  // Of a thousand pollers little is in a cache: what each poll touches stands together, here and in other classes.
  private current: Connection | undefined = undefined;
  /** The newest connection, while it is one that may be attached again, also when it was answered. */
  private run: Run | undefined = undefined;
  /** The tick of the timers at which that was answered last; undefined while it was not. */
  protected rested: number | undefined = undefined;
  /** Whether nothing was owed when it was answered, and nothing has come since: then its next poll need not look. */
  isQuiet = false;
  /** Not to be looked at while a run coasts, or a stream is in step with others: `owed`. */
  protected abstract readonly debts: Owed;
  /** How the connection is written to, or the last one was. */
  framing: Framing | undefined;

  /** @param opener the request that the resource was made for; then the one that opened the newest connection */
  constructor(
    readonly parts: OutboundParts,
    private opener: Request,
  ) {}

  /** What it is owed, up to now. */
  get owed(): Owed {
    this.land();
    this.stepOut();
    return this.debts;
  }

  /** Its stream is not written to together with others any more. */
  stepOut(): void {
    this.debts.first?.stepOut();
  }

  get connection(): Connection | undefined {
    this.land();
    return this.current;
  }

  /** Whether it has a connection. */
  get isAttached(): boolean {
    const { run } = this;
    return run?.coasts ? run.isHeld : this.current !== undefined;
  }

  /** The request that opened the newest connection; before there was one, the one that the resource was made for. */
  get request(): Request {
    return this.run?.request ?? this.opener;
  }

  /** Whether the newest connection may be attached again once it was answered. */
  get mayRest(): boolean {
    return this.run !== undefined;
  }

  /** The poll that was answered, and may be attached again. */
  get resting(): Run | undefined {
    return this.isAttached ? undefined : this.run;
  }

  /** The tick of the timers at which it was answered last; undefined while there was no answer. */
  get restsSince(): number | undefined {
    const { run } = this;
    return run?.coasts ? run.restsSince : this.rested;
  }

  /** The connection was answered, and may be attached again. What is broadcast waits until then. Tells whether that is news. */
  rest(): boolean {
    this.land();
    const isNews = this.rested === undefined;
    const { timers, now } = this.parts;
    this.current = undefined;
    this.rested = timers.tickOf(now());
    this.isQuiet = this.debts.isSettled;
    const { run, framing } = this;
    const { first } = this.debts;
    if (this.isQuiet && run && first && framing && !first.next) run.coast(first, framing, this.rested);
    return isNews;
  }

  /** From now on nothing goes past this to the connection: somebody wants to know what it has, or to give it something else. */
  land(): this {
    const { run } = this;
    // Of what is idle little is in a cache: most have no run, and are not looked at further.
    const first = run?.coasts ? this.debts.first : undefined;
    if (!run || !first) return this;
    this.current = run.isHeld ? run : undefined;
    this.rested = run.restsSince;
    this.isQuiet = false;
    run.land(first);
    return this;
  }

  protected take(connection: Connection): void {
    this.land();
    this.current = connection;
    this.run = connection instanceof Run && connection.repeats !== undefined ? connection : undefined;
    this.rested = undefined;
    this.opener = connection.request;
  }

  /** The connection that rested is attached again. */
  protected takeUp(): void {
    this.land();
    this.current = this.run;
  }

  /** There is no connection any more. */
  protected letGo(): void {
    this.land();
    // That of the newest poll, which is gone with it.
    this.opener = this.request;
    this.current = this.run = this.rested = undefined;
  }
}

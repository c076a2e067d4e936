import type { Request } from '../request/request';
import type { Connection } from '../transport';

/** Which connection a resource has, and what request opened the newest one. */
export class Attachment {
  // Of a thousand pollers little is in a cache: what each poll touches stands together, here and in other classes.
  private current: Connection | undefined = undefined;
  /** The newest connection, while it is a poll that may be attached again, also when it was answered. */
  private run: Connection | undefined = undefined;
  /** The tick of the timers at which that poll was answered last; undefined while it was not. */
  restsSince: number | undefined = undefined;
  /** Whether nothing was owed when the poll was answered, and nothing has come since: then its next one need not look. */
  isQuiet = false;

  /** @param opener the request that the resource was made for; then the one that opened the newest connection */
  constructor(private opener: Request) {}

  get connection(): Connection | undefined {
    return this.current;
  }

  /** The request that opened the newest connection; before there was one, the one that the resource was made for. */
  get request(): Request {
    return this.run?.request ?? this.opener;
  }

  /** The poll that was answered, and may be attached again. */
  get resting(): Connection | undefined {
    return this.current ? undefined : this.run;
  }

  protected take(connection: Connection): void {
    this.current = connection;
    this.run = connection.repeats === undefined ? undefined : connection;
    this.restsSince = undefined;
    this.opener = connection.request;
  }

  /** The connection was answered, and may be attached again. */
  protected putDown(tick: number): void {
    this.current = undefined;
    this.restsSince = tick;
  }

  /** The connection that was put down is attached again. */
  protected takeUp(): void {
    this.current = this.run;
  }

  /** There is no connection any more. */
  protected letGo(): void {
    // That of the newest poll, which is gone with it.
    this.opener = this.request;
    this.current = this.run = this.restsSince = undefined;
  }
}

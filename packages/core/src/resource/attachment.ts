import type { Request } from '../request/request';
import type { Connection } from '../transport';

/** Which connection a resource has, and what request opened the newest one. */
export class Attachment {
  private current: Connection | undefined = undefined;
  /** The newest connection, while it is a poll that may be attached again, also when it was answered. */
  private run: Connection | undefined = undefined;

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
    this.opener = connection.request;
  }

  /** The connection was answered, and may be attached again. */
  protected putDown(): void {
    this.current = undefined;
  }

  /** The connection that was put down is attached again. */
  protected takeUp(): void {
    this.current = this.run;
  }

  /** There is no connection any more. */
  protected letGo(): void {
    // That of the newest poll, which is gone with it.
    this.opener = this.request;
    this.current = this.run = undefined;
  }
}

import type { Connection, Frame, Transport, WriteResult } from '../transport';
import type { Request } from '../request/request';

/** The connection of a visitor, who is there for one message: keeps what the service sends to that resource alone. */
export class Reply implements Connection {
  readonly frames: Frame[] = [];

  constructor(
    readonly request: Request,
    readonly transport: Transport,
  ) {}

  write(frames: readonly Frame[]): WriteResult {
    this.frames.push(...frames);
    return 'ok';
  }

  close(): void {}
}

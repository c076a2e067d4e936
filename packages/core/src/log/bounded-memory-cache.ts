import { MemoryLog, type LogBounds } from './message-log';

/** The last messages, for new resources too: whoever subscribes begins with what is there. */
export class BoundedMemoryCache extends MemoryLog {
  readonly history = true;

  constructor(bounds: LogBounds) {
    super(bounds);
  }
}

import type { RoomMember } from './room-member';

/** A message that was said to all in a room. */
export interface RoomMessage {
  /** Number of the message in its room: 1, 2, 3 ... */
  readonly id: number;
  /** Who said it; undefined when the server did. */
  readonly from: RoomMember | undefined;
  readonly data: unknown;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What of a room's history came after a message. */
export interface HistoryPart {
  readonly messages: readonly RoomMessage[];
  /** Whether something that came after it is no longer remembered. */
  readonly gap: boolean;
}

/** The last messages of a room. Numbers them, whether it keeps them or not. */
export class RoomHistory {
  #messages: RoomMessage[] = [];
  #limit = 0;
  #lastId = 0;

  /** How many messages are kept. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    if (!Number.isInteger(limit) || limit < 0)
      throw new RangeError(`A room can't keep a history of ${limit} messages; it must be a whole number from 0`);
    this.#limit = limit;
    this.#trim(limit);
  }

  add(from: RoomMember | undefined, data: unknown, timestamp: number): RoomMessage {
    const message = { id: ++this.#lastId, from, data, timestamp };
    if (this.#limit === 0) return message;
    this.#messages.push(message);
    // Cutting off once in a while costs less than moving all messages for each new one.
    if (this.#messages.length >= this.#limit * 2) this.#trim(this.#limit);
    return message;
  }

  since(id: number): HistoryPart {
    const kept = this.#limit === 0 ? [] : this.#messages.slice(-this.#limit);
    // A number that was never given is of an earlier room of that name: all that there is, is new to who has it.
    const unknown = id > this.#lastId;
    const messages = unknown ? kept : kept.filter((message) => message.id > id);
    return { messages, gap: unknown || messages.length < this.#lastId - id };
  }

  #trim(length: number): void {
    this.#messages = length === 0 ? [] : this.#messages.slice(-length);
  }
}

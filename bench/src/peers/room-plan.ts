/** How many subscribers each room has. */
const EACH = 10;

/**
 * Who is in which of many rooms, and which rooms a message goes to. Every room has ten clients, every client as many rooms
 * as the others, and of one message every client gets as many copies as the others.
 */
export class RoomPlan {
  readonly #rooms: number;
  readonly #blocks: number;
  readonly #perMessage: number;
  #clients = 0;
  #next = 0;

  /**
   * @param rooms how many there are
   * @param clients how many clients: a multiple of ten that divides ten times `rooms`, and ten times `perMessage`
   * @param perMessage to how many rooms one message goes
   */
  constructor(rooms: number, clients: number, perMessage: number) {
    this.#rooms = rooms;
    this.#blocks = clients / EACH;
    this.#perMessage = perMessage;
  }

  /** The rooms of the next client. */
  admit(): number[] {
    const block = Math.floor(this.#clients++ / EACH);
    return Array.from({ length: this.#rooms / this.#blocks }, (_, index) => block + index * this.#blocks);
  }

  /** Calls for each room that the next message goes to: those after the rooms of the last one, all in their turn. */
  eachNext(send: (room: number) => void): void {
    const end = this.#next + this.#perMessage;
    for (let room = this.#next; room < end; room++) send(room);
    this.#next = end % this.#rooms;
  }
}

/** Names of all rooms. */
export function roomNames(rooms: number): string[] {
  return Array.from({ length: rooms }, (_, room) => `room-${room}`);
}

/** One who gets what is published. */
export interface Member {
  /** Takes a frame that is the same for all. */
  publishTo(frame: Uint8Array): void;
}

const nobody: ReadonlySet<Member> = new Set();

/** Who gets what is published to which topic: one call reaches all of them. */
export class Groups {
  readonly #members = new Map<string, Set<Member>>();

  join(topic: string, member: Member): void {
    const members = this.#members.get(topic);
    if (members) members.add(member);
    else this.#members.set(topic, new Set([member]));
  }

  leave(topic: string, member: Member): void {
    const members = this.#members.get(topic);
    if (members?.delete(member) && members.size === 0) this.#members.delete(topic);
  }

  /** @param but who gets nothing. Default: nobody. */
  publish(topic: string, frame: Uint8Array, but?: Member): void {
    for (const member of this.#members.get(topic) ?? nobody) if (member !== but) member.publishTo(frame);
  }
}

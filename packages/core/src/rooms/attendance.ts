import type { Resource } from '../resource/resource';
import type { DialectName } from './dialect';
import type { RoomMember } from './room-member';

/** One resource's place in a room. It has it for as long as it is subscribed to the broadcaster of its dialect. */
export interface Place {
  readonly resource: Resource;
  /** Who it is. */
  readonly id: string;
  readonly dialect: DialectName;
}

interface Presence {
  member: RoomMember;
  readonly resources: Set<Resource>;
}

/** Who came, and who went, by a change. */
export interface Change {
  readonly came: RoomMember | undefined;
  readonly left: RoomMember | undefined;
}

/** Who is in a room, and by which resources: a member may have several, such as two tabs of a browser. */
export class Attendance {
  readonly #places = new Map<Resource, Place>();
  readonly #members = new Map<string, Presence>();

  get members(): RoomMember[] {
    return [...this.#members.values()].map(({ member }) => member);
  }

  get resources(): Resource[] {
    return [...this.#places.keys()];
  }

  /** How many members there are. */
  get size(): number {
    return this.#members.size;
  }

  placeOf(resource: Resource): Place | undefined {
    return this.#places.get(resource);
  }

  memberOf(resource: Resource): RoomMember | undefined {
    const place = this.#places.get(resource);
    return place && this.#members.get(place.id)?.member;
  }

  resourcesOf(memberId: string): Resource[] {
    return [...(this.#members.get(memberId)?.resources ?? [])];
  }

  /** Gives a resource a place, or another one. Of a member that is here already, the newest is known. */
  seat(resource: Resource, member: RoomMember, dialect: DialectName): Change {
    const before = this.#places.get(resource);
    this.#places.set(resource, { resource, id: member.id, dialect });
    const known = this.#members.get(member.id);
    if (known) {
      known.member = member;
      known.resources.add(resource);
    } else {
      this.#members.set(member.id, { member, resources: new Set([resource]) });
    }
    const left = before && before.id !== member.id ? this.#without(before) : undefined;
    return { came: known ? undefined : member, left };
  }

  /** Takes a resource's place; gives the member if that was its last. */
  remove(place: Place): RoomMember | undefined {
    this.#places.delete(place.resource);
    return this.#without(place);
  }

  #without({ resource, id }: Place): RoomMember | undefined {
    const presence = this.#members.get(id);
    presence?.resources.delete(resource);
    if (!presence || presence.resources.size > 0) return undefined;
    this.#members.delete(id);
    return presence.member;
  }
}

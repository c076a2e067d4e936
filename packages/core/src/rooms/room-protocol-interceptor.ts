import { DeclarationError, Failure } from '../errors';
import type { Arrival, Interceptor, InterceptorContext, Next } from '../interceptors/interceptor';
import type { Resource } from '../resource/resource';
import { isPromise, type MaybePromise } from '../time/settle';
import { roomError } from './dialect';
import type { Room } from './room';
import { ifAuthorized, type RoomAction } from './room-authorizer';
import type { RoomManager, RoomOptions } from './room-manager';
import { checkRoomName } from './room-member';
import { pathRoomOptions, roomNameOf } from './room-path';
import { readRoomRequest, roomMailOf, type RoomMail, type RoomRequest } from './room-request';

/** What clients may do with rooms. */
export interface RoomProtocolOptions extends RoomOptions {
  /** Whether a join makes a room that does not exist. Default true. */
  readonly createRooms?: boolean;
  /** How many rooms there may be in all before a join makes no more. Default 10000. */
  readonly maxRooms?: number;
  /** How many rooms one resource may be in. Default 100. */
  readonly maxRoomsPerResource?: number;
}

const actions: Readonly<Record<RoomRequest['type'], RoomAction>> = {
  join: 'JOIN',
  leave: 'LEAVE',
  broadcast: 'BROADCAST',
  direct: 'SEND_TO',
  typing: 'TYPING',
};

/**
 * Lets the clients of a service join rooms and speak there, by messages in JSON. It understands `atmosphere.js/room` as well
 * as what Atmosphere's server expects, side by side in a room: each is answered as it joined. A message that is not for a
 * room goes on to the service. What goes wrong is told to the sender alone, as a message of type `error`.
 */
export class RoomProtocolInterceptor implements Interceptor {
  readonly #options: Required<RoomProtocolOptions>;
  #context: InterceptorContext | undefined;

  constructor(options: RoomProtocolOptions = {}) {
    this.#options = {
      history: 0,
      keepSeconds: 0,
      createRooms: true,
      maxRooms: 10_000,
      maxRoomsPerResource: 100,
      ...options,
    };
    for (const name of ['history', 'keepSeconds', 'maxRooms', 'maxRoomsPerResource'] as const)
      if (!(this.#options[name] >= 0))
        throw new DeclarationError(
          `RoomProtocolInterceptor: ${name} is ${this.#options[name]}; it must be a number from 0`,
        );
  }

  init(context: InterceptorContext): void {
    context.rooms.checkThreads('A RoomProtocolInterceptor is of no use');
    this.#context = context;
  }

  arrival(arrival: Arrival, next: Next<Arrival, Failure | undefined>): MaybePromise<Failure | undefined> {
    const mail = roomMailOf(arrival.payload);
    if (!mail) return next(arrival);
    const { resource } = arrival;
    try {
      const done = this.#handle(resource, mail);
      return isPromise(done) ? done.then(undefined, (error: unknown) => refuse(resource, mail, error)) : undefined;
    } catch (error) {
      return refuse(resource, mail, error);
    }
  }

  #handle(resource: Resource, mail: RoomMail): MaybePromise<void> {
    const { rooms, logger } = this.#needed();
    const message = readRoomRequest(mail);
    const room = checkRoomName(message.room);
    if (message.type === 'join') this.#checkJoin(resource, room, rooms);
    else if (!rooms.find(room)?.contains(resource)) {
      // To be gone is what it wants.
      if (message.type === 'leave') return;
      throw notMember(room);
    }
    const question = { resource, room, action: actions[message.type], message };
    return ifAuthorized(question, logger, () => this.#act(resource, message, rooms));
  }

  /** Everything is checked again, because an authorizer may take its time. */
  #act(resource: Resource, message: RoomRequest, rooms: RoomManager): void {
    if (message.type === 'join') {
      this.#checkJoin(resource, message.room, rooms);
      rooms.enter(resource, message.room, message, this.#optionsFor(resource));
      return;
    }
    const room = rooms.find(message.room);
    const from = room?.memberOf(resource);
    if (!room || !from) {
      if (message.type === 'leave') return;
      throw notMember(message.room);
    }
    switch (message.type) {
      case 'leave':
        return void room.leave(resource);
      case 'broadcast':
        return void room.broadcast(message.data, { from, except: resource });
      case 'typing':
        return room.typing(resource, message.typing);
      case 'direct':
        return whisper(room, resource, message);
    }
  }

  #checkJoin(resource: Resource, name: string, rooms: RoomManager): void {
    const own = roomNameOf(resource.endpoint);
    // Whoever was let in at /chat/blue was not, by that, let in at /chat/red.
    if (own !== undefined && own !== name) throw new Failure('forbidden', `This path is the room "${own}".`);
    if (rooms.find(name)?.contains(resource)) return;
    const { createRooms, maxRooms, maxRoomsPerResource } = this.#options;
    if (rooms.of(resource).length >= maxRoomsPerResource)
      throw new Failure('full', `Nobody can be in more than ${maxRoomsPerResource} rooms.`);
    if (rooms.exists(name)) return;
    if (!createRooms) throw new Failure('not-found', `There is no room "${name}".`);
    if (rooms.count >= maxRooms) throw new Failure('full', 'There are as many rooms as there may be.');
  }

  #optionsFor({ endpoint }: Resource): RoomOptions {
    return endpoint.service.rooms.maxHistory > 0 ? pathRoomOptions(endpoint) : this.#options;
  }

  #needed(): InterceptorContext {
    if (!this.#context) throw new Error('RoomProtocolInterceptor.init was not called');
    return this.#context;
  }
}

function whisper(room: Room, resource: Resource, { data, target }: Extract<RoomRequest, { type: 'direct' }>): void {
  const to = room.resourcesOf(target);
  if (to.length === 0) throw new Failure('not-found', `Member not found: ${target}`);
  room.whisper(
    data,
    to.filter((other) => other !== resource),
    room.memberOf(resource),
  );
}

function notMember(room: string): Failure {
  return new Failure('forbidden', `Only members may speak in a room; join "${room}" first.`);
}

/** Reports a failure as any other is, but tells the sender in the words of rooms: `atmosphere.js` and its like know no others. */
function refuse(resource: Resource, { room }: RoomMail, error: unknown): undefined {
  const { code, message } = resource.refuse(Failure.from(error));
  resource.send(roomError(room, code, message));
  return undefined;
}

import { Failure } from '../errors';
import type { Logger } from '../logger';
import type { Provided } from '../declaration/metadata';
import type { Resource } from '../resource/resource';
import { isPromise, type MaybePromise } from '../time/settle';
import type { RoomRequest } from './room-request';

/** What somebody wants to do in a room. */
export type RoomAction = 'JOIN' | 'LEAVE' | 'BROADCAST' | 'SEND_TO' | 'TYPING';

/** Decides who may do what in which room: `@RoomAuth` names the one of a service. */
export interface RoomAuthorizer {
  /**
   * Whether a resource may. False, and whatever is thrown, denies; the client is told no more than that. Asked for what
   * clients want, not for what the server's own code does. Messages of the resource wait while it decides.
   *
   * @param room name of the room, which need not exist yet
   * @param message what the client sent: as whom it joins, what it says and to whom. Undefined when it is let in by its path.
   */
  authorize(resource: Resource, room: string, action: RoomAction, message?: RoomRequest): MaybePromise<boolean>;
}

/** An authorizer, or the class that the container makes it from. */
export type ProvidedRoomAuthorizer = Provided<RoomAuthorizer>;

/** What is asked of an authorizer. */
export interface RoomQuestion {
  readonly resource: Resource;
  readonly room: string;
  readonly action: RoomAction;
  readonly message?: RoomRequest;
}

/** Runs `then` when the authorizer of the resource's service allows it. Throws, or rejects with, `forbidden` when not. */
export function ifAuthorized<T>(question: RoomQuestion, logger: Logger, then: () => T): MaybePromise<T> {
  const { resource, room, action, message } = question;
  const { authorizer } = resource.endpoint.service.rooms;
  if (!authorizer) return then();
  const failed = (cause: unknown): false => {
    logger.warn('A room authorizer failed, which denies', { room, action, uuid: resource.uuid, cause });
    return false;
  };
  const verdict = (allowed: unknown): T => {
    // Whatever else an authorizer without types may give, is no yes.
    if (allowed !== true) throw new Failure('forbidden', 'Unauthorized');
    return then();
  };
  let allowed: MaybePromise<boolean>;
  try {
    allowed = authorizer.authorize(resource, room, action, message);
  } catch (cause) {
    allowed = failed(cause);
  }
  return isPromise(allowed) ? allowed.then(undefined, failed).then(verdict) : verdict(allowed);
}

import { Failure } from '../errors';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import type { ResourceListener } from '../resource/resource-listener';
import { after, isPromise, type MaybePromise } from '../time/settle';
import type { Timer, Timers } from '../time/timers';
import type { Admission } from './token-check';

/** What a resource was admitted with. */
interface Session {
  admission: Admission;
  timer: Timer | undefined;
  /** The token has expired and is being checked again; gives the failure, if it is one. Messages wait for it. */
  pending: PromiseLike<Failure | undefined> | undefined;
  listens: boolean;
}

/** How long a token that has expired may take to be checked again, in milliseconds. */
const PATIENCE = 10_000;

/** What sessions are watched with. */
export interface AuthSessionsParts {
  readonly timers: Timers;
  readonly now: () => number;
  readonly check: (token: string, request: Request) => MaybePromise<Admission | Failure>;
  /** Told when a token was good again after its time. */
  readonly renewed: (resource: Resource, admission: Admission) => void;
}

/** Checks each resource again when its token expires, and closes it when the token is no longer good. */
export class AuthSessions {
  readonly #sessions = new WeakMap<Resource, Session>();
  readonly #listener: ResourceListener;

  constructor(private readonly parts: AuthSessionsParts) {
    const forget = ({ resource }: { readonly resource: Resource }): void =>
      this.#sessions.get(resource)?.timer?.cancel();
    this.#listener = {
      // Not earlier: a resource that never attaches ends without a word to listeners, and its timer would stay.
      onPreSuspend: ({ resource }) => this.#watch(resource, this.#sessions.get(resource)),
      onDisconnect: forget,
      onClose: forget,
    };
  }

  of(resource: Resource): Readonly<Session> | undefined {
    return this.#sessions.get(resource);
  }

  /** A resource connects, for the first time or again. */
  begin(resource: Resource, admission: Admission): void {
    const session = this.#sessions.get(resource) ?? { admission, timer: undefined, pending: undefined, listens: false };
    session.admission = admission;
    session.pending = undefined;
    this.#sessions.set(resource, session);
    if (!session.listens && admission.expiresAt < Infinity) {
      session.listens = true;
      resource.addListener(this.#listener);
    }
    if (resource.state !== 'connecting') this.#watch(resource, session);
  }

  /** A request for a resource came with a token: a later one takes the place of the session's. False if it is another user's. */
  renew(resource: Resource, admission: Admission): boolean {
    const session = this.#sessions.get(resource);
    if (!session) return true;
    if (session.admission.authentication.principal !== admission.authentication.principal) return false;
    if (admission.expiresAt > session.admission.expiresAt) this.begin(resource, admission);
    return true;
  }

  #watch(resource: Resource, session: Session | undefined): void {
    session?.timer?.cancel();
    if (!session || resource.state === 'closed' || session.admission.expiresAt === Infinity) return;
    const { timers, now } = this.parts;
    session.timer = timers.after(session.admission.expiresAt - now(), () => this.#expired(resource, session));
  }

  #expired(resource: Resource, session: Session): void {
    const { admission } = session;
    const outcome = after(this.parts.check(admission.token, resource.request), (found) =>
      // A request may have brought a newer token meanwhile.
      session.admission === admission ? this.#decide(resource, session, found) : undefined,
    );
    if (!isPromise(outcome)) return;
    session.pending = outcome;
    const late = new Failure('token-expired', 'The token has expired, and nobody says whether it may be used on.');
    session.timer = this.parts.timers.after(PATIENCE, () => void this.#decide(resource, session, late));
  }

  #decide(resource: Resource, session: Session, found: Admission | Failure): Failure | undefined {
    if (resource.state === 'closed') return new Failure('token-expired');
    const { principal } = session.admission.authentication;
    const isOther = !(found instanceof Failure) && found.authentication.principal !== principal;
    const verdict = isOther ? new Failure('forbidden', 'The new token is for another user.') : found;
    if (verdict instanceof Failure) {
      resource.close(resource.refuse(verdict));
      return verdict;
    }
    this.begin(resource, verdict);
    this.parts.renewed(resource, verdict);
    return undefined;
  }
}

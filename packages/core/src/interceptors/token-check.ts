import { Failure } from '../errors';
import type { Request } from '../request/request';
import { after, isPromise, type MaybePromise } from '../time/settle';

/** Who a client is. */
export interface Authentication {
  /** Name of the user: the same for all tokens of one user. */
  readonly principal: string;
  /** What else the token says. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** When the token ends: a date, or milliseconds since the epoch. Default: never. */
  readonly expiresAt?: Date | number;
  /** How long the token is good from now on, in seconds; the earlier counts where there is `expiresAt` too. */
  readonly expiresIn?: number;
}

/** What the application decides on tokens. Both may answer later; what they throw, or a `Failure` that they give, refuses. */
export interface TokenFunctions {
  /**
   * Who a token stands for. Nothing: `unauthorized`. Throw or give a `Failure` of `token-expired` when that is the reason:
   * then it may be refreshed. Anything else that is thrown is `handler-failed`.
   */
  readonly validate: (token: string, request: Request) => MaybePromise<Authentication | Failure | undefined | null>;
  /** A new token for one that has expired, which is validated in turn. Nothing: there is none. Default: none is. */
  readonly refresh?: (token: string, request: Request) => MaybePromise<string | Failure | undefined | null>;
}

/** A token that is good. */
export interface Admission {
  readonly token: string;
  readonly authentication: Authentication;
  /** In milliseconds since the epoch; Infinity when it does not end. */
  readonly expiresAt: number;
  /** The client does not know the token yet. */
  readonly isNew: boolean;
}

/** Decides on tokens with the application's functions. Gives a `Failure` for one that is not good; never throws. */
export class TokenCheck {
  constructor(
    private readonly functions: TokenFunctions,
    private readonly now: () => number,
  ) {}

  run(token: string, request: Request): MaybePromise<Admission | Failure> {
    return after(this.#validate(token, request, false), (found) =>
      found instanceof Failure && found.code === 'token-expired' ? this.#refresh(token, request, found) : found,
    );
  }

  #validate(token: string, request: Request, isNew: boolean): MaybePromise<Admission | Failure> {
    return after(
      outcomeOf(() => this.functions.validate(token, request)),
      (found) => (found instanceof Failure ? found : this.#judge(found, token, isNew)),
    );
  }

  #judge(authentication: Authentication | undefined | null, token: string, isNew: boolean): Admission | Failure {
    if (!authentication) return new Failure('unauthorized', 'The token is not valid.');
    const { principal } = authentication as { principal: unknown };
    if (typeof principal !== 'string' || principal === '')
      return Failure.from(new TypeError('validate gave no principal; it must give { principal: string }'));
    const now = this.now();
    const expiresAt = expiryOf(authentication, now);
    // Written so that a time that is no number has passed.
    return expiresAt > now ? { token, authentication, expiresAt, isNew } : new Failure('token-expired');
  }

  #refresh(token: string, request: Request, expired: Failure): MaybePromise<Admission | Failure> {
    const { refresh } = this.functions;
    if (!refresh) return expired;
    return after(
      outcomeOf(() => refresh(token, request)),
      (fresh) => {
        if (fresh instanceof Failure) return fresh;
        if (!fresh) return expired;
        // It goes into a header.
        if (!/^[\x21-\x7e]+$/.test(fresh))
          return Failure.from(new TypeError('refresh gave a token that no header can hold'));
        return this.#validate(fresh, request, true);
      },
    );
  }
}

function expiryOf({ expiresAt, expiresIn }: Authentication, now: number): number {
  const at = expiresAt === undefined ? Infinity : Number(expiresAt);
  return Math.min(at, expiresIn === undefined ? Infinity : now + expiresIn * 1000);
}

/** What a function gives, now or later; what it throws is a failure. */
function outcomeOf<T>(run: () => MaybePromise<T>): MaybePromise<T | Failure> {
  try {
    const result = run();
    return isPromise(result) ? result.then(undefined, (error: unknown) => Failure.from(error)) : result;
  } catch (error) {
    return Failure.from(error);
  }
}

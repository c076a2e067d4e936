import { Header, Parameter } from '@ionosphere/protocol';
import { DeclarationError, Failure } from '../errors';
import type { HttpAnswer, HttpExchange } from '../request/http';
import type { Arrival, Interceptor, InterceptorContext, Next } from './interceptor';
import type { Request } from '../request/request';
import type { Resource } from '../resource/resource';
import { after, type MaybePromise } from '../time/settle';
import { AuthSessions } from './auth-sessions';
import { TokenCheck, type Admission, type Authentication, type TokenFunctions } from './token-check';

/** What the wire calls the token. */
const OWN_NAME: string = Parameter.auth;

/** Options of `AuthInterceptor`. */
export interface AuthOptions extends TokenFunctions {
  /** Name of the request header with the token. `Bearer ` in front of it is dropped. Default `X-Atmosphere-Auth`. */
  readonly header?: string;
  /** Name of the query parameter with the token, for clients that can't set headers. Default: as `header`, or as the setting `authParameter`. */
  readonly query?: string;
  /** Name of the cookie with the token. Default: cookies are not looked at. */
  readonly cookie?: string;
  /**
   * Makes the message that brings a refreshed token to a client whose connection goes on; on HTTP a header of the next
   * answer does. Default: none is sent.
   */
  readonly refreshMessage?: (token: string) => unknown;
}

const authentications = new WeakMap<Request, Authentication>();

/** Who the client of a resource is, as the `AuthInterceptor` found; undefined where there is none. */
export function authenticationOf(resource: Resource): Authentication | undefined {
  return authentications.get(resource.request);
}

/**
 * Lets in only clients with a valid token, from the header, the query or the cookie, in this order. Every HTTP request is
 * checked, before an upgrade to WebSocket too; a connection that lives longer than its token is checked again when the token
 * expires, and is closed with `token-expired` unless the token can be refreshed. A tracking id belongs to the user who got it.
 */
export class AuthInterceptor implements Interceptor {
  readonly priority = 'BEFORE_DEFAULT';
  readonly #options: AuthOptions;
  readonly #header: string;
  #query: string;
  readonly #admissions = new WeakMap<Request, Admission>();
  #context!: InterceptorContext;
  #check!: TokenCheck;
  #sessions!: AuthSessions;

  /** Throws a `DeclarationError` without a validator: whoever forgets it must not let everybody in. */
  constructor(options: AuthOptions) {
    if (typeof (options as Partial<AuthOptions> | undefined)?.validate !== 'function')
      throw new DeclarationError('AuthInterceptor: there is no validate; give a function that decides on a token');
    this.#options = options;
    this.#header = options.header ?? OWN_NAME;
    this.#query = options.query ?? this.#header;
    if (this.#query !== OWN_NAME && this.#query.toLowerCase().startsWith('x-atmo'))
      throw new DeclarationError(
        `AuthInterceptor: the query parameter "${this.#query}" is the protocol's; give one that does not begin with X-Atmo`,
      );
  }

  init(context: InterceptorContext): void {
    this.#context = context;
    if (this.#options.query === undefined && this.#options.header === undefined)
      this.#query = context.config.authParameter;
    this.#check ??= new TokenCheck(this.#options, () => context.now());
    this.#sessions ??= new AuthSessions({
      timers: context.timers,
      now: () => context.now(),
      check: (token, request) => this.#check.run(token, request),
      renewed: (resource, { token, authentication, isNew }) => {
        authentications.set(resource.request, authentication);
        if (isNew && this.#options.refreshMessage) resource.send(this.#options.refreshMessage(token));
      },
    });
  }

  request(
    exchange: HttpExchange,
    next: Next<HttpExchange, HttpAnswer | undefined>,
  ): MaybePromise<HttpAnswer | undefined> {
    // A preflight never brings a token, and learns nothing.
    if (exchange.request.method === 'OPTIONS') return next(exchange);
    return after(this.#admit(exchange.request), (admission) => {
      if (admission instanceof Failure) {
        if (admission.code === 'token-expired') exchange.setHeader(Header.authExpired, admission.row.text);
        throw admission;
      }
      if (admission.isNew) exchange.setHeader(Header.authRefresh, admission.token);
      return next(exchange);
    });
  }

  connect(request: Request, next: Next<Request, Resource>): MaybePromise<Resource> {
    return after(this.#admit(request), (admission) => {
      if (admission instanceof Failure) throw admission;
      return after(next(request), (resource) => {
        this.#sessions.begin(resource, admission);
        authentications.set(resource.request, admission.authentication);
        return resource;
      });
    });
  }

  arrival(arrival: Arrival, next: Next<Arrival, Failure | undefined>): MaybePromise<Failure | undefined> {
    const { resource } = arrival;
    const session = this.#sessions.of(resource);
    if (session && !session.pending) return next(arrival);
    // A session that is being checked again, a visitor whose request was admitted, or one whom nobody has asked yet.
    return after(session?.pending ?? this.#admit(resource.request), (outcome) => {
      if (outcome instanceof Failure) throw outcome;
      return next(arrival);
    });
  }

  /** Decides on a request, once; what is admitted is remembered with it. */
  #admit(request: Request): MaybePromise<Admission | Failure> {
    const known = this.#admissions.get(request);
    if (known) return known;
    const token = this.#tokenOf(request);
    if (token === undefined) return new Failure('unauthorized');
    return after(this.#check.run(token, request), (admission) => {
      if (admission instanceof Failure) return admission;
      const resource = this.#named(request);
      if (resource && !this.#sessions.renew(resource, admission))
        return new Failure('forbidden', 'The tracking id belongs to another user.');
      this.#admissions.set(request, admission);
      authentications.set(request, admission.authentication);
      if (resource && this.#sessions.of(resource)?.admission === admission)
        authentications.set(resource.request, admission.authentication);
      return admission;
    });
  }

  #tokenOf(request: Request): string | undefined {
    const { cookie } = this.#options;
    return (
      request.header(this.#header)?.replace(/^Bearer +/i, '') ||
      (this.#query === OWN_NAME ? request.wire.auth : request.query.get(this.#query)) ||
      (cookie !== undefined && request.cookies[cookie]) ||
      undefined
    );
  }

  #named({ path, wire: { trackingId } }: Request): Resource | undefined {
    const resource = trackingId === undefined ? undefined : this.#context.resources.find(trackingId);
    return resource?.endpoint.path === path ? resource : undefined;
  }
}

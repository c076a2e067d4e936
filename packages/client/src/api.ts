import type { StateChange } from './status';
import type { ClientError } from './errors';

/**
 * What a service takes and sends, by its DTOs. Each part may be left out.
 *
 * @example interface ChatApi { sends: Line; receives: Said | Joined; requests: Pick<Chat, 'rename'> }
 */
export interface Api {
  /** Messages that the client may send. Default: anything. */
  readonly sends?: unknown;
  /** Messages that the service sends by itself. Default: unknown. */
  readonly receives?: unknown;
  /** Methods whose first parameter is the message, and whose result is the reply: such as those of the service's class. */
  readonly requests?: object;
}

export type Sent<A> = A extends { readonly sends: infer S } ? S : unknown;
export type Received<A> = A extends { readonly receives: infer R } ? R : unknown;

/** Messages and replies of one method. `never` takes methods whatever their other parameters are. */
type Exchange<M> = M extends (message: infer Q, ...rest: never[]) => infer R ? readonly [Q, Awaited<R>] : never;
type Exchanges<A> = A extends { readonly requests: infer M } ? Exchange<M[keyof M]> : readonly [unknown, unknown];

/** Messages that have replies. */
export type Asked<A> = Exchanges<A>[0];
/** Reply to such a message. */
export type Answered<A, Q> =
  Exchanges<A> extends infer E
    ? E extends readonly [infer Asked, infer R]
      ? [Q] extends [Asked]
        ? R
        : never
      : never
    : never;

/** How the client came to its end. */
export interface Ending {
  /** `client`: `close` was called, or the page went; `server`: the service has closed the resource; `failure`: it gave up. */
  readonly by: 'client' | 'server' | 'failure';
  /** Why; undefined when the client wished it. */
  readonly error: ClientError | undefined;
}

/** How a message is sent. */
export interface SendOptions {
  /** Gives up waiting for the outcome. What has left can't be called back. */
  readonly signal?: AbortSignal;
  /** How long the outcome may take, in seconds. Default for requests: `requestSeconds`; for `send`: no limit. */
  readonly timeoutSeconds?: number;
  /** Whether handling it twice does no harm: then it is sent again even when the server has lost all it knew. Default false. */
  readonly repeatable?: boolean;
}

/** What can be listened to. */
export interface ClientEvents<A> {
  readonly message: (message: Received<A>) => void;
  readonly state: (change: StateChange) => void;
  /** Messages are missing: the server did not have them any more. Ask the service for its present state. */
  readonly gap: () => void;
  /** A message by `push` failed, or one that was received could not be read. */
  readonly failure: (error: ClientError) => void;
  /** Another tab has called `pushLocal`. */
  readonly local: (message: unknown) => void;
}

/** A client that is connected, or will be. */
export interface Client<A = Api> extends AsyncIterable<Received<A>> {
  readonly state: StateChange['state'];
  readonly transport: StateChange['transport'];
  /** State and all that belongs to it. */
  readonly status: StateChange;
  /** Settles with the end of the client; never rejects. */
  readonly closed: Promise<Ending>;
  /** Resolves as soon as there is a connection; rejects when there will be none. */
  ready(): Promise<void>;
  /** Sends, now or when there is a connection. Nobody says what became of it, but for the event `failure`. */
  push(message: Sent<A>): void;
  /** Sends, and resolves when the service has handled it: once, however often connections break. Rejects with the failure. */
  send(message: Sent<A>, options?: SendOptions): Promise<void>;
  /** Sends, and resolves with what the service's method returned; undefined when that was nothing. */
  request<const Q extends Asked<A>>(message: Q, options?: SendOptions): Promise<Answered<A, Q>>;
  /** Tells the other tabs that share the connection; the server is not asked. */
  pushLocal(message: unknown): void;
  /** Listens. @returns what ends it */
  on<E extends keyof ClientEvents<A>>(event: E, listener: ClientEvents<A>[E]): () => void;
  /** Tries to connect now, instead of waiting. */
  retry(): void;
  /** Leaves for good. Resolves when the server has been told, as far as that can be. */
  close(): Promise<void>;
}

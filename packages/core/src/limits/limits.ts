import type { FailureCode } from '@ionosphere/protocol';
import { Failure } from '../errors';

/**
 * What clients may do, and how much of the server they may use. All are settings: docs/limits.md has the table, with what a
 * client is told that reaches one. `0` switches a limit off unless it says otherwise. Those that say "of the app" are the
 * same for all services; the others may differ by service.
 */
export interface Limits {
  /** Largest message from a client, in bytes. Default 1 MiB; never off. A larger one is refused: `message-too-large`. */
  readonly maxMessageBytes: number;
  /** Largest text, in bytes of UTF-8. Default 0: as `maxMessageBytes`. */
  readonly maxTextMessageBytes: number;
  /** Largest binary message, in bytes. Default 0: as `maxMessageBytes`. */
  readonly maxBinaryMessageBytes: number;
  /** Largest body of a request, in bytes. Default 0: as the largest message. A larger one is refused: `message-too-large`. */
  readonly maxBodyBytes: number;
  /**
   * How much the first line and the headers of a request may have, in bytes. Default 16 KiB; never off. The native library
   * answers more with 431 and ends the connection. Of the process: the first server's holds.
   */
  readonly maxHeaderBytes: number;
  /** How many connections there may be: WebSockets, streams, and polls. Default 20 000. One more is refused: `full`. Of the app. */
  readonly maxConnections: number;
  /** How many of them may come from one address. Default 1000. One more is refused: `too-many-connections`. Of the app. */
  readonly maxConnectionsPerAddress: number;
  /** How many resources there may be, those that are away included. Default 50 000. One more is refused: `full`. Of the app. */
  readonly maxResources: number;
  /** How many broadcasters a resource may be subscribed to. Default 1000. One more: `too-many-subscriptions` is thrown. */
  readonly maxSubscriptions: number;
  /** How many resources may be subscribed to a broadcaster, those that are away included. Default 0. `full`, or as `suspendPolicy` says. */
  readonly maxSuspended: number;
  /** What happens when a broadcaster has `maxSuspended` resources: the oldest is resumed, or the newcomer is refused. Default `FIFO`. */
  readonly suspendPolicy: 'FIFO' | 'REJECT';
  /** How many messages of one resource may wait while an earlier one is handled. Default 1000; never off. One more: `overloaded`. */
  readonly maxPendingMessages: number;
  /** How many messages a resource may send in `rateLimitSeconds`. Default 30 000. One more is `rate-limited`. */
  readonly rateLimitMessages: number;
  /** The time for which `rateLimitMessages` counts, in seconds. Default 60. */
  readonly rateLimitSeconds: number;
  /** How many of them may come at once. Default 5000. */
  readonly rateLimitBurst: number;
  /** What becomes of a message too many: nobody hears of it, its sender is told, or its sender is closed. Default `refuse`. */
  readonly rateLimitPolicy: 'drop' | 'refuse' | 'disconnect';
  /** How many clients may connect from one address in a second. Default 50. One more is `rate-limited`. Of the app. */
  readonly handshakesPerSecond: number;
  /** How many may do so at once. Default 500. Of the app. */
  readonly handshakeBurst: number;
  /** How long interceptors and `@Get` may take to let a client in, in seconds. Default 10. After that: `decision-timeout`. */
  readonly upgradeSeconds: number;
  /** How long the body of a request may take to arrive, in seconds. Default 30. After that: `request-timeout`. */
  readonly bodySeconds: number;
  /** How long a connected client may send nothing before it is closed, in seconds. Default 0. Polling clients are spared. */
  readonly maxInactiveSeconds: number;
  /** How long a WebSocket may be silent, its answers to the server's pings included, in seconds: 8 to 960. Default 120. */
  readonly webSocketIdleSeconds: number;
}

/** What a limit does where no failure of the framework can be told. */
interface Native {
  /** What the peer sees. */
  readonly native: string;
}

/** A setting that says more about another limit. */
interface Part {
  readonly of: keyof Limits;
}

/** What a client is told that reaches a limit: the code of the failure. docs/limits.md repeats this table; a test holds the two together. */
export const limitTable = {
  maxMessageBytes: 'message-too-large',
  maxTextMessageBytes: { of: 'maxMessageBytes' },
  maxBinaryMessageBytes: { of: 'maxMessageBytes' },
  maxBodyBytes: 'message-too-large',
  maxHeaderBytes: { native: '431' },
  maxConnections: 'full',
  maxConnectionsPerAddress: 'too-many-connections',
  maxResources: 'full',
  maxSubscriptions: 'too-many-subscriptions',
  maxSuspended: 'full',
  suspendPolicy: { of: 'maxSuspended' },
  maxPendingMessages: 'overloaded',
  rateLimitMessages: 'rate-limited',
  rateLimitSeconds: { of: 'rateLimitMessages' },
  rateLimitBurst: { of: 'rateLimitMessages' },
  rateLimitPolicy: { of: 'rateLimitMessages' },
  handshakesPerSecond: 'rate-limited',
  handshakeBurst: { of: 'handshakesPerSecond' },
  upgradeSeconds: 'decision-timeout',
  bodySeconds: 'request-timeout',
  maxInactiveSeconds: 'idle',
  webSocketIdleSeconds: { native: 'the connection ends without a close frame' },
} as const satisfies Readonly<Record<keyof Limits, FailureCode | Native | Part>>;

type Table = typeof limitTable;

/** A limit of whose being reached a client is told by a failure. */
export type LimitName = { [K in keyof Table]: Table[K] extends FailureCode ? K : never }[keyof Table];

/** Whether a setting is a limit. */
export function isLimit(name: string): name is keyof Limits {
  return Object.hasOwn(limitTable, name);
}

/** What a client is told that has reached a limit. */
export function limitReached(limit: LimitName, message?: string): Failure {
  return new Failure(limitTable[limit], message, { limit });
}

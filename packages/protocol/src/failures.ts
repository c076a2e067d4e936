/** How one kind of failure shows on each wire. */
export interface FailureRow {
  /** WebSocket close code, when the failure ends the connection (RFC 6455, 7.4). */
  readonly close: number;
  /** HTTP status (RFC 9110). */
  readonly status: number;
  /** gRPC status code. */
  readonly grpc: number;
  /** Whether the same request may succeed later without a change. */
  readonly retry: boolean;
  /** The sentence a client gets when the failure brings none of its own. */
  readonly text: string;
}

type Row = (close: number, status: number, grpc: number, text: string) => FailureRow;

/** The same request fails again. */
const never: Row = (close, status, grpc, text) => ({ close, status, grpc, retry: false, text });

/** The same request may succeed later. */
const later: Row = (close, status, grpc, text) => ({ close, status, grpc, retry: true, text });

/** Every failure that a client can meet, by its code. PROTOCOL.md repeats this table; a test holds the two together. */
export const failures = {
  'bad-request': never(4400, 400, 3, 'The request could not be understood.'),
  'malformed-message': never(1007, 400, 3, 'The message could not be decoded.'),
  'invalid-message': never(4422, 400, 3, 'The message is not valid.'),
  'unknown-transport': never(4406, 400, 3, 'There is no such transport.'),
  unauthorized: never(4401, 401, 16, 'Authentication is required.'),
  'token-expired': never(4419, 401, 16, 'The token has expired.'),
  forbidden: never(4403, 403, 7, 'This is not allowed.'),
  'origin-refused': never(4430, 403, 7, 'This origin is not allowed.'),
  'not-found': never(4404, 404, 5, 'There is nothing at this path.'),
  'unknown-resource': never(4410, 404, 5, 'The tracking id is not known here; connect again.'),
  'reply-forgotten': never(4411, 409, 6, 'The message was handled before, and its reply is no longer kept.'),
  'method-not-allowed': never(4405, 405, 12, 'The HTTP method is not allowed here.'),
  'message-too-large': never(1009, 413, 8, 'The message is too large.'),
  'broken-frame': never(1002, 400, 3, 'The WebSocket frame is not valid.'),
  'upgrade-required': never(1002, 426, 9, 'This transport needs a WebSocket upgrade.'),
  overloaded: later(1013, 429, 8, 'Too many messages are waiting; slow down.'),
  'rate-limited': later(4429, 429, 8, 'Too much came in too short a time; slow down.'),
  'too-many-connections': later(4431, 429, 8, 'Too many connections come from this address.'),
  'too-many-subscriptions': never(4432, 403, 8, 'There are too many subscriptions.'),
  'request-timeout': later(4408, 408, 4, 'The request took too long to arrive.'),
  'deadline-passed': never(4434, 504, 4, 'The call took too long.'),
  'decision-timeout': later(4504, 503, 4, 'The server took too long to let the client in.'),
  idle: later(4409, 408, 4, 'The client sent nothing for too long.'),
  full: later(4503, 503, 8, 'There is no room for one more.'),
  'handler-failed': never(1011, 500, 13, 'The server could not handle the message.'),
  'unsupported-version': never(4501, 501, 12, 'Atmosphere Protocol version not supported.'),
  'unsupported-transport': never(4502, 501, 12, 'This transport is not supported here.'),
  'not-stored': later(4507, 503, 14, 'The message could not be stored.'),
  'slow-client': later(4508, 503, 8, 'The connection could not keep up with its messages.'),
  stopping: later(1012, 503, 14, 'The server is stopping.'),
} satisfies Record<string, FailureRow>;

/** The code of a failure. */
export type FailureCode = keyof typeof failures;

/** What one wrong property of a message is told about. */
export interface FailureDetail {
  /** Path of the property, such as `items.0.name`. */
  readonly property: string;
  readonly rule: string;
  readonly message: string;
}

/** The one form in which a failure reaches its sender, as JSON. PROTOCOL.md, "Failures". */
export interface FailureMessage {
  readonly error: {
    readonly code: FailureCode;
    readonly message: string;
    readonly retry: boolean;
    readonly details?: readonly FailureDetail[];
  };
}

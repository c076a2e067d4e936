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

/** Every failure that a client can meet, by its code. PROTOCOL.md repeats this table; a test holds the two together. */
export const failures = {
  'bad-request': { close: 4400, status: 400, grpc: 3, retry: false, text: 'The request could not be understood.' },
  'malformed-message': { close: 1007, status: 400, grpc: 3, retry: false, text: 'The message could not be decoded.' },
  'invalid-message': { close: 4422, status: 400, grpc: 3, retry: false, text: 'The message is not valid.' },
  'unknown-transport': { close: 4406, status: 400, grpc: 3, retry: false, text: 'There is no such transport.' },
  unauthorized: { close: 4401, status: 401, grpc: 16, retry: false, text: 'Authentication is required.' },
  'token-expired': { close: 4419, status: 401, grpc: 16, retry: false, text: 'The token has expired.' },
  forbidden: { close: 4403, status: 403, grpc: 7, retry: false, text: 'This is not allowed.' },
  'origin-refused': { close: 4430, status: 403, grpc: 7, retry: false, text: 'This origin is not allowed.' },
  'not-found': { close: 4404, status: 404, grpc: 5, retry: false, text: 'There is nothing at this path.' },
  'unknown-resource': {
    close: 4410,
    status: 404,
    grpc: 5,
    retry: false,
    text: 'The tracking id is not known here; connect again.',
  },
  'reply-forgotten': {
    close: 4411,
    status: 409,
    grpc: 6,
    retry: false,
    text: 'The message was handled before, and its reply is no longer kept.',
  },
  'method-not-allowed': {
    close: 4405,
    status: 405,
    grpc: 12,
    retry: false,
    text: 'The HTTP method is not allowed here.',
  },
  'message-too-large': { close: 1009, status: 413, grpc: 8, retry: false, text: 'The message is too large.' },
  'broken-frame': { close: 1002, status: 400, grpc: 3, retry: false, text: 'The WebSocket frame is not valid.' },
  'upgrade-required': {
    close: 1002,
    status: 426,
    grpc: 9,
    retry: false,
    text: 'This transport needs a WebSocket upgrade.',
  },
  overloaded: { close: 1013, status: 429, grpc: 8, retry: true, text: 'Too many messages are waiting; slow down.' },
  'rate-limited': {
    close: 4429,
    status: 429,
    grpc: 8,
    retry: true,
    text: 'Too much came in too short a time; slow down.',
  },
  'too-many-connections': {
    close: 4431,
    status: 429,
    grpc: 8,
    retry: true,
    text: 'Too many connections come from this address.',
  },
  'too-many-subscriptions': {
    close: 4432,
    status: 403,
    grpc: 8,
    retry: false,
    text: 'There are too many subscriptions.',
  },
  'request-timeout': {
    close: 4408,
    status: 408,
    grpc: 4,
    retry: true,
    text: 'The request took too long to arrive.',
  },
  'decision-timeout': {
    close: 4504,
    status: 503,
    grpc: 4,
    retry: true,
    text: 'The server took too long to let the client in.',
  },
  idle: { close: 4409, status: 408, grpc: 4, retry: true, text: 'The client sent nothing for too long.' },
  full: { close: 4503, status: 503, grpc: 8, retry: true, text: 'There is no room for one more.' },
  'handler-failed': {
    close: 1011,
    status: 500,
    grpc: 13,
    retry: false,
    text: 'The server could not handle the message.',
  },
  'unsupported-version': {
    close: 4501,
    status: 501,
    grpc: 12,
    retry: false,
    text: 'Atmosphere Protocol version not supported.',
  },
  'unsupported-transport': {
    close: 4502,
    status: 501,
    grpc: 12,
    retry: false,
    text: 'This transport is not supported here.',
  },
  'not-stored': { close: 4507, status: 503, grpc: 14, retry: true, text: 'The message could not be stored.' },
  'slow-client': {
    close: 4508,
    status: 503,
    grpc: 8,
    retry: true,
    text: 'The connection could not keep up with its messages.',
  },
  stopping: { close: 1012, status: 503, grpc: 14, retry: true, text: 'The server is stopping.' },
} as const satisfies Record<string, FailureRow>;

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

import { failures, type FailureCode, type FailureDetail, type FailureMessage } from '@ionosphere/protocol';

/**
 * What went wrong on the side of the client:
 *
 * - `bad-option`: what it was given makes no sense; the text names the option, the value and the mend
 * - `closed`: the client was closed
 * - `timeout`, `aborted`: a request took too long, or was given up
 * - `outbox-full`: too much waits to be sent
 * - `outcome-unknown`: the message was sent, and then its resource was lost with all that the server knew of it
 * - `undeliverable`: each connection in which the message was sent has broken; it may be far too large
 * - `unsupported`: the server, or the service, can't do this
 * - `unreachable`: no transport got through
 * - `overrun`: an iterator was not read, and more messages waited than may
 */
export type ClientCode =
  | 'bad-option'
  | 'closed'
  | 'timeout'
  | 'aborted'
  | 'outbox-full'
  | 'outcome-unknown'
  | 'undeliverable'
  | 'unsupported'
  | 'unreachable'
  | 'overrun';

/** Why something did not happen: a failure that the server told (PROTOCOL.md, "Failures"), or one of the client's own. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly details: readonly FailureDetail[] | undefined;

  constructor(
    readonly code: ClientCode | FailureCode,
    message: string,
    options: { readonly cause?: unknown; readonly details?: readonly FailureDetail[] | undefined } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.details = options.details;
  }

  /** Whether the same may succeed later without a change. */
  get retry(): boolean {
    return isFailureCode(this.code)
      ? failures[this.code].retry
      : this.code === 'unreachable' || this.code === 'timeout';
  }
}

function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(failures, code);
}

/** Reads a failure in the one form, or gives undefined when the text is none. */
export function parseFailure(text: string): ClientError | undefined {
  try {
    const { error } = JSON.parse(text) as FailureMessage;
    return isFailureCode(error.code)
      ? new ClientError(error.code, error.message, { details: error.details })
      : undefined;
  } catch {
    return undefined;
  }
}

/** The failure that a WebSocket's close code stands for, if any. */
export function failureOfClose(close: number, reason: string): ClientError | undefined {
  const found = Object.entries(failures).find(([, row]) => row.close === close);
  return found && new ClientError(found[0] as FailureCode, reason || found[1].text);
}

/** Any thrown value as an error of the client. */
export function asClientError(thrown: unknown, code: ClientCode = 'unreachable'): ClientError {
  if (thrown instanceof ClientError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new ClientError(code, text, { cause: thrown });
}

/** The failure that a reply tells. */
export function failureOf(payload: string): ClientError {
  return (
    parseFailure(payload) ??
    new ClientError('handler-failed', `The server told a failure of an unknown kind: ${payload}`)
  );
}

/** Failures that say something of a message, or of an id, and not of the client: it may come back. */
export const passing = new Set<string>([
  'unknown-resource',
  'message-too-large',
  'malformed-message',
  'broken-frame',
  'upgrade-required',
]);

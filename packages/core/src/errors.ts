import {
  failures,
  type FailureCode,
  type FailureDetail,
  type FailureMessage,
  type FailureRow,
} from '@ionosphere/protocol';
import type { LimitName } from './limits/limits';

/**
 * What went wrong, as a client may know it. Throw one from a handler or an interceptor to choose the answer; anything
 * else that is thrown becomes `handler-failed`, with the thrown value kept as `cause` for the log and never sent.
 *
 * @example throw new Failure('forbidden', 'Only the author may edit a message.');
 */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: FailureCode,
    message: string = Object.hasOwn(failures, code) ? failures[code].text : '',
    options: {
      cause?: unknown;
      details?: readonly FailureDetail[];
      limit?: LimitName;
      retryAfterSeconds?: number;
    } = {},
  ) {
    if (!Object.hasOwn(failures, code)) {
      throw new RangeError(`There is no failure "${String(code)}"; known are ${Object.keys(failures).join(', ')}`);
    }
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.details = options.details;
    this.limit = options.limit;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  readonly details: readonly FailureDetail[] | undefined;
  /** The limit that was reached, if that is what went wrong; for the counters. */
  readonly limit: LimitName | undefined;
  /** When the client may try again, in seconds, where that is known. Told where the wire has a place for it. */
  readonly retryAfterSeconds: number | undefined;

  /** The only way from a thrown value to a failure. */
  static from(thrown: unknown): Failure {
    return thrown instanceof Failure ? thrown : new Failure('handler-failed', undefined, { cause: thrown });
  }

  /** How this failure shows on each wire. */
  get row(): FailureRow {
    return failures[this.code];
  }

  /** The form in which the sender is told. */
  toJSON(): FailureMessage {
    const { code, message, details } = this;
    return { error: { code, message, retry: this.row.retry, ...(details && { details }) } };
  }
}

/** What something is that should be something else, in words; promises are the usual mistake. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  return 'then' in value ? 'a promise' : 'an object';
}

/** The class of something, in parentheses; nothing for a plain object. */
export function classOf(item: object): string {
  const { name } = typeof item === 'function' ? item : item.constructor;
  return name === 'Object' || name === '' ? '' : ` (${name})`;
}

/** A mistake in the application's own declarations. It stops the start; its text names the class, the method and the mend. */
export class DeclarationError extends Error {
  override readonly name = 'DeclarationError';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, 'cause' in options ? options : undefined);
  }
}

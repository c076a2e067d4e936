import { Failure, type App, type Timer } from '@ionosphere/core';

/** How the clients of one protocol say how long they wait for the end of a call. */
export interface Timeout {
  readonly header: string;
  readonly pattern: RegExp;
  /** What the pattern stands for, for people. */
  readonly wanted: string;
}

/** Connect Protocol Reference, "Unary-Request". */
export const connectTimeout: Timeout = {
  header: 'connect-timeout-ms',
  pattern: /^(\d{1,10})$/,
  wanted: 'milliseconds in at most 10 digits',
};

/** gRPC over HTTP2, "Requests". */
export const grpcTimeout: Timeout = {
  header: 'grpc-timeout',
  pattern: /^(\d{1,8})([HMSmun])$/,
  wanted: 'at most 8 digits and a unit, one of H, M, S, m, u and n',
};

/** In milliseconds. */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** How long a client waits, in milliseconds; undefined: as long as it takes. What is none is a `Failure`. */
export function millisOf(
  { header, pattern, wanted }: Timeout,
  headers: ReadonlyMap<string, string>,
): number | Failure | undefined {
  const value = headers.get(header);
  if (value === undefined) return undefined;
  const [, digits, unit = 'm'] = pattern.exec(value) ?? [];
  if (digits !== undefined) return Number(digits) * (units[unit] ?? 1);
  return new Failure('bad-request', `The header ${header} is ${JSON.stringify(value)}; it must be ${wanted}.`);
}

/** The time until which a client waits for the end of a call, which comes before it or with it. */
export class Deadline {
  readonly #timer: Timer | undefined;
  #isOver = false;

  /**
   * @param millis undefined: the client waits as long as it takes
   * @param passed called when the call has not ended in time
   */
  constructor(app: Pick<App, 'after'>, millis: number | undefined, passed: () => void) {
    if (millis === undefined) return;
    this.#timer = app.after(millis, () => {
      if (this.end()) passed();
    });
  }

  /** The call has ended; tells whether it had not before. */
  end(): boolean {
    this.#timer?.cancel();
    const isFirst = !this.#isOver;
    this.#isOver = true;
    return isFirst;
  }
}

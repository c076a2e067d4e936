import { failures } from '@ionosphere/protocol';
import {
  Failure,
  limitReached,
  messageLimit,
  refuseMessage,
  type App,
  type FailureCode,
  type HttpAnswer,
  type HttpExchange,
  type MaybePromise,
  type Payload,
  type Request,
  type Resource,
  type Timer,
} from '@ionosphere/core';

export type SetHeader = HttpExchange['setHeader'];

/** What interceptors set as headers has no place on a stream: the answer may be one of many. */
const nowhere = (): void => undefined;

/**
 * Lets the interceptors that stand around every request see one. Rejects with a `Failure` when they refuse it, or answer
 * themselves.
 *
 * @param setHeader of the answer, where it is one of its own
 */
export async function admit(app: App, request: Request, setHeader: SetHeader = nowhere): Promise<void> {
  // A handler of raw WebSockets speaks nothing else.
  if (app.serviceAt(request.path)?.control) throw new Failure('upgrade-required');
  app.admission.knock(request);
  const answer = await app.request({ request, setHeader });
  if (answer) throw refusalOf(answer);
}

/**
 * Waits for what lets a client in, such as interceptors that ask a database, no longer than `upgradeSeconds`: then it rejects
 * with `decision-timeout`.
 *
 * @param dropped gets what is late
 */
export async function inTime<T>(
  app: App,
  { path }: Request,
  decision: Promise<T>,
  dropped: (value: T) => void = nowhere,
): Promise<T> {
  const { upgradeSeconds: seconds } = app.serviceAt(path)?.config ?? app.config;
  if (seconds === 0) return decision;
  let isLate = false;
  let limit: Timer | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    limit = app.after(seconds * 1000, () => {
      isLate = true;
      reject(limitReached('upgradeSeconds'));
    });
  });
  // Of one that is late nobody waits to hear that it failed.
  decision.then((value) => isLate && dropped(value), nowhere);
  try {
    return await Promise.race([decision, late]);
  } finally {
    limit?.cancel();
  }
}

/** A resource that was made for a client that waits no longer; one that it had before stays. */
export function forget(resource: Resource): void {
  if (resource.state === 'connecting') resource.close();
}

function refusalOf({ status, body }: HttpAnswer): Failure {
  const text = typeof body === 'string' && body !== '' ? body : undefined;
  return new Failure(codeOf(status), text ?? `The request was answered with the HTTP status ${status}.`);
}

/** The failure that HTTP tells with a status, as far as there is one. */
function codeOf(status: number): FailureCode {
  const codes = Object.keys(failures) as FailureCode[];
  return codes.find((code) => failures[code].status === status) ?? 'forbidden';
}

/** Lets a resource have a message, if it is not too large for its kind. */
export function receive(resource: Resource, payload: Payload): MaybePromise<Failure | undefined> {
  const isText = typeof payload === 'string';
  const limit = messageLimit(resource.endpoint.service.config, isText ? 'text' : 'binary');
  // A text has at least as many bytes as code units, and at most three times as many.
  const fits = isText
    ? payload.length * 3 <= limit || Buffer.byteLength(payload) <= limit
    : payload.byteLength <= limit;
  if (fits) return resource.receive(payload);
  return refuseMessage(
    resource,
    payload,
    new Failure('message-too-large', `The message is larger than ${limit} bytes.`),
  );
}

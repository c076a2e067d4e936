import {
  bodyLimit,
  limitReached,
  messageLimit,
  type App,
  type Config,
  type Failure,
  type LimitName,
  type Payload,
  type Request,
} from '@ionosphere/core';
import type { Exchange } from './exchange';
import { payloadOf } from './request-body';

/** What a client is told whose message is larger than the limit in bytes. */
export function tooLarge(bytes: number, limit: LimitName = 'maxMessageBytes'): Failure {
  return limitReached(limit, `The message is larger than ${bytes} bytes.`);
}

/** Begins to read the body of a request, as much as the limits allow, and for as long. Must be called before the handler returns. */
export function readBody(app: App, exchange: Exchange, config: Config, refuse: Refuse): void {
  readBytes(app, exchange, config, bodyLimit(config), refuse);
}

type Refuse = (failure: Failure) => void;

/** The same, up to a limit in bytes. */
export function readBytes(app: App, exchange: Exchange, config: Config, limit: number, refuse: Refuse): void {
  const { bodySeconds } = config;
  const late = bodySeconds > 0 ? app.after(bodySeconds * 1000, () => refuse(limitReached('bodySeconds'))) : undefined;
  exchange.readBody(limit, late);
}

/** Whether a request says itself that its body is larger than the limit in bytes. */
export function saysTooLarge(request: Request, limit: number): boolean {
  return Number(request.header('content-length') ?? 0) > limit;
}

/** The body that is being read, as a method gets it. Rejects when it is larger than a message of its kind may be. */
export async function bodyOf(exchange: Exchange, request: Request, config: Config): Promise<Payload> {
  const limit = bodyLimit(config);
  if (saysTooLarge(request, limit)) throw tooLarge(limit, 'maxBodyBytes');
  const body = await new Promise<Buffer | undefined>((resolve) => exchange.body(resolve));
  if (!body) throw tooLarge(limit, 'maxBodyBytes');
  const payload = payloadOf(body, request.wire.contentType);
  const ofKind = messageLimit(config, typeof payload === 'string' ? 'text' : 'binary');
  if (body.length > ofKind) throw tooLarge(ofKind);
  return payload;
}

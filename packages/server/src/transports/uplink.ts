import {
  bodyLimit,
  Failure,
  messageLimit,
  Reply,
  type App,
  type Frame,
  type MaybePromise,
  type Payload,
  type Request,
  type Resource,
  type Transport,
} from '@ionosphere/core';
import { failures, Header } from '@ionosphere/protocol';
import { saysTooLarge, tooLarge } from '../http/body';
import { noSniff, type Exchange, type HeaderPair } from '../http/exchange';
import { callbackOf, scriptHeaders, scriptOf } from './jsonp';
import { payloadOf } from '../http/request-body';
import { beforeVerb, settle, subjectOf } from '../http/verbs';

/** The answer to a message of a client that has no connection: it gets there what is sent to it alone. */
const reply: Transport = {
  name: 'long-polling',
  oneShot: false,
  duplex: false,
  wire: { name: 'reply', binary: false, boundary: 'stream' },
};

/** A request that brings a message, and what becomes of it when it is refused before there is anybody to tell. */
export interface Uplink {
  readonly app: App;
  readonly exchange: Exchange;
  readonly request: Request;
  refuse(error: unknown): void;
}

/**
 * A message by POST: how the clients of SSE, streaming and long-polling, and those without a connection, speak. The body
 * is being read by now.
 */
export function receivePost(uplink: Uplink): void {
  const { exchange, request } = uplink;
  const fail = (error: unknown): void => uplink.refuse(error);
  withSender(uplink, textReply, ({ resource, answer }) => {
    const limit = bodyLimit(resource.endpoint.service.config);
    const beyond = (): void => answer(resource.refuse(tooLarge(limit, 'maxBodyBytes')));
    if (saysTooLarge(request, limit)) return beyond();
    const whole = (then: (payload: Payload, length: number) => void): void =>
      exchange.body((body) => {
        if (!exchange.open) return;
        if (body) then(payloadOf(body, request.wire.contentType), body.length);
        else beyond();
      });
    const message = (payload: Payload, length: number): void =>
      settle(() => receive(resource, payload, length), answer, fail);
    const refused = (error: unknown): void => answer(Failure.from(error));
    const { verbs } = resource.endpoint.service;
    if (!verbs.get('POST')?.read) return beforeVerb(resource, 'POST', () => whole(message), refused);
    whole((payload, length) => beforeVerb(resource, 'POST', () => message(payload, length), refused, payload));
  });
}

/** A message in the URL, of a client that can only GET: else it is one by POST. */
export function receiveInUrl(uplink: Uplink): void {
  const { request } = uplink;
  const fail = (error: unknown): void => uplink.refuse(error);
  const { postBody = '' } = request.wire;
  const length = Buffer.byteLength(postBody);
  withSender(uplink, request.wire.transport === 'jsonp' ? scriptReply(request) : textReply, ({ resource, answer }) => {
    const received = (): void => settle(() => receive(resource, postBody, length), answer, fail);
    beforeVerb(resource, 'POST', received, (error) => answer(Failure.from(error)), postBody);
  });
}

/** Answers a message, with what was sent to somebody who has no connection. */
type Respond = (exchange: Exchange, failure: Failure | undefined, frames: readonly Frame[]) => void;

/** Whose message it is, and how it is answered. */
interface Sender {
  readonly resource: Resource;
  readonly answer: (failure: Failure | undefined) => void;
}

/** Goes on with the sender of a message, once the interceptors have let it in. */
function withSender(uplink: Uplink, respond: Respond, then: (sender: Sender) => void): void {
  const { app, exchange, request } = uplink;
  const admitted = (resource: Resource): void => {
    const visit = request.wire.trackingId === undefined ? new Reply(request, reply) : undefined;
    if (visit) resource.visit(visit);
    else exchange.tellId(resource.uuid);
    const answer = (failure: Failure | undefined): void => {
      if (visit) resource.leave();
      respond(exchange, failure, visit?.frames ?? []);
    };
    then({ resource, answer });
  };
  settle(
    () => subjectOf(app, request),
    admitted,
    (error) => uplink.refuse(error),
  );
}

const textReply: Respond = (exchange, failure, frames) => {
  if (failure) exchange.fail(failure);
  else exchange.end(200, frames.length > 0 ? textHeaders : [], frames.join(''));
};

/**
 * An answer that a script element can read. A client that sends by one would send again, and for ever, if its function were
 * called; and again a few times if the script failed. So it learns of a failure from a header, if at all.
 */
function scriptReply(request: Request): Respond {
  const callback = callbackOf(request);
  return (exchange, failure, frames) => {
    if (failure) exchange.setHeader(Header.error, failures[failure.code].text);
    exchange.end(200, scriptHeaders, frames.length > 0 ? scriptOf(callback, frames) : '');
  };
}

/** Lets a resource have a message that came for it, if it is not too large for its kind. */
function receive(resource: Resource, payload: Payload, length: number): MaybePromise<Failure | undefined> {
  const limit = messageLimit(resource.endpoint.service.config, typeof payload === 'string' ? 'text' : 'binary');
  return length > limit ? resource.refuse(tooLarge(limit)) : resource.receive(payload);
}

const textHeaders: readonly HeaderPair[] = [['Content-Type', 'text/plain; charset=utf-8'], noSniff];

import {
  Failure,
  isPromise,
  type App,
  type Connection,
  type Frame,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import { Header } from '@ionosphere/protocol';
import { payloadOf, type Exchange, type HeaderPair } from './exchange';

/** The answer to a message of a client that has no connection: it gets there what is sent to it alone. */
const reply: Transport = {
  name: 'long-polling',
  oneShot: false,
  wire: { name: 'reply', binary: false, boundary: 'stream' },
};

class Reply implements Connection {
  readonly transport = reply;
  readonly frames: Frame[] = [];

  constructor(readonly request: Request) {}

  write(frames: readonly Frame[]): WriteResult {
    this.frames.push(...frames);
    return 'ok';
  }

  close(): void {}
}

/** A message by POST: how the clients of SSE, streaming and long-polling, and those without a connection, speak. */
export function receivePost(app: App, exchange: Exchange, request: Request): void {
  const visit = request.wire.trackingId === undefined ? new Reply(request) : undefined;
  const resource = visit ? app.visitor(request) : app.resourceOf(request);
  const limit = app.config.maxMessageBytes;
  const answer = (failure: Failure | undefined): void => {
    if (visit) resource.leave();
    if (failure) exchange.fail(failure);
    else exchange.end(200, visit?.frames.length ? textHeaders : [], visit?.frames.join('') ?? '');
  };
  if (visit) resource.visit(visit);
  else exchange.responseHeaders.push([Header.trackingId, resource.uuid]);
  if (Number(request.header('content-length') ?? 0) > limit) return answer(resource.refuse(tooLarge(limit)));
  exchange.body(limit, (body) => {
    if (!exchange.open) return;
    if (!body) return answer(resource.refuse(tooLarge(limit)));
    const outcome = resource.receive(payloadOf(body, request.wire.contentType));
    if (isPromise(outcome))
      outcome.then(
        (failure) => answer(failure),
        () => answer(new Failure('handler-failed')),
      );
    else answer(outcome);
  });
}

/** The client says goodbye. One that is not known is wished well all the same. */
export function receiveClose(app: App, exchange: Exchange, request: Request): void {
  const { trackingId } = request.wire;
  let resource: Resource | undefined;
  if (trackingId !== undefined) resource = app.resources.find(trackingId);
  if (resource?.endpoint.path === request.path) resource.goodbye();
  exchange.end(200);
}

/** What a client is told whose message is larger than the limit in bytes. */
export function tooLarge(limit: number): Failure {
  return new Failure('message-too-large', `The message is larger than ${limit} bytes.`);
}

const textHeaders: readonly HeaderPair[] = [['Content-Type', 'text/plain; charset=utf-8']];

import { Failure, type App, type Payload, type Request } from '@ionosphere/core';
import { admit, inTime, receive } from './admission';
import { acknowledgement } from './answers';
import { requestOf, type Caller } from './grpc-request';
import { encodeMessage, MessageType, type GrpcMessage } from './message';
import { visit } from './visit';

/**
 * `Send`: one message, whatever its type says. Gives the ACK, once the message has been handled; to a sender without an id
 * it brings what the service sent to that sender alone. Rejects with a `Failure`.
 */
export async function send(app: App, caller: Caller, message: GrpcMessage): Promise<Buffer> {
  const { trackingId, headers, payload } = message;
  const topic = message.topic || app.resources.find(trackingId)?.endpoint.path;
  if (topic === undefined) throw trackingId === '' ? noTopic() : unknown(trackingId);
  const request = requestOf(caller, { topic, headers, trackingId, method: 'POST' }, app.config);
  if (request.wire.trackingId === undefined) return sendAsVisitor(app, caller, request, payload);
  await inTime(app, request, admit(app, request, caller.setHeader));
  const resource = subscriberOf(app, request, trackingId);
  const failure = await receive(resource, payload);
  if (failure) throw failure;
  return acknowledgement(resource.endpoint.path, trackingId);
}

async function sendAsVisitor(app: App, caller: Caller, request: Request, payload: Payload): Promise<Buffer> {
  const { failure, replies } = await visit(app, request, payload, caller.setHeader);
  if (failure) throw failure;
  return encodeMessage({ type: MessageType.ACK, topic: request.path, payload: joined(replies) });
}

function subscriberOf(app: App, request: Request, trackingId: string): ReturnType<App['resourceOf']> {
  try {
    return app.resourceOf(request);
  } catch (error) {
    throw Failure.from(error).code === 'unknown-resource' ? unknown(trackingId) : error;
  }
}

function joined(replies: readonly Payload[]): Payload {
  const [only] = replies;
  if (replies.length === 1 && only !== undefined) return only;
  if (replies.every((reply) => typeof reply === 'string')) return replies.join('');
  return Buffer.concat(replies.map((reply) => (typeof reply === 'string' ? Buffer.from(reply) : reply)));
}

/** A message must say where it goes. */
export function noTopic(): Failure {
  return new Failure('bad-request', 'The message names no topic; give the path of a service, such as /chat.');
}

function unknown(trackingId: string): Failure {
  return new Failure('unknown-resource', `No channel found for tracking_id: ${trackingId}`);
}

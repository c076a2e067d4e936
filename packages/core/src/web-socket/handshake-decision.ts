import { Failure } from '../errors';
import type { HttpAnswer } from '../request/http';
import type { Request } from '../request/request';

/**
 * What a service decides on the handshake of a WebSocket: nothing accepts it, a `Failure` or an answer refuses it, and
 * `subProtocol` accepts it with one of those that the client offers. Default: the first that is offered.
 */
export type HandshakeDecision = Failure | HttpAnswer | { readonly subProtocol: string } | undefined | void;

/** A refusal with an answer of the application's own. */
export class Refusal extends Failure {
  constructor(readonly answer: HttpAnswer) {
    super('forbidden', `The handshake was refused with status ${answer.status}.`);
  }
}

const chosen = new WeakMap<Request, string>();

/** For transports: the sub-protocol that was chosen for a request; undefined when nobody has. */
export function subProtocolOf(request: Request): string | undefined {
  return chosen.get(request);
}

/** Does what was decided. Throws what refuses the client. */
export function decide(where: string, request: Request, decision: HandshakeDecision): void {
  if (decision === undefined) return;
  if (decision instanceof Failure) throw decision;
  if ('subProtocol' in decision) return choose(where, request, decision.subProtocol);
  const { status } = decision;
  if (!Number.isInteger(status) || status < 400 || status > 599)
    throw new RangeError(`${where} refuses with status ${status}; it must be 400 to 599`);
  throw new Refusal(decision);
}

function choose(where: string, request: Request, name: string): void {
  const offers = (request.header('sec-websocket-protocol') ?? '').split(',').map((offer) => offer.trim());
  // A client ends a connection with one that it has not offered (RFC 6455, 4.1).
  if (!offers.includes(name))
    throw new RangeError(`${where} chose the sub-protocol "${name}"; the client offers ${offers.join(', ') || 'none'}`);
  chosen.set(request, name);
}

import { formatReply, MAX_UNANSWERED, parseEnvelope, type Payload, type Reply } from '@ionosphere/protocol';
import { encodeValue } from '../codec/codec';
import { Failure } from '../errors';
import type { Outbound } from './outbound';
import type { Request } from '../request/request';
import type { Resource } from './resource';
import { after, type MaybePromise } from '../time/settle';

/** What the memory of one resource's requests is made of. */
export interface RequestsParts {
  /** Handles a message that has been taken out of its envelope. Gives the failure to answer, if any. */
  readonly handle: (payload: Payload) => MaybePromise<Failure | undefined>;
  /** Sends a reply, after all that was sent before. */
  readonly reply: (text: string) => void;
  readonly fail: (failure: Failure) => Failure;
}

/** How many keys are remembered: a client may repeat any message whose reply it has not got, and these are never more. */
const REMEMBERED_KEYS = 2 * MAX_UNANSWERED;
/** How much of replies is remembered, in UTF-16 code units. */
const REMEMBERED_LENGTH = 262_144;

/**
 * Takes the messages of one resource out of their envelopes, and answers those that have a key. A message that comes again
 * under its key is answered from memory: it is handled once. PROTOCOL.md, "Requests".
 */
export class Requests {
  readonly #name = Math.random().toString(36).slice(2, 10) || '0';
  #introduced = false;
  readonly #parts: RequestsParts;
  /** Key -> its reply; empty when there was no room for it. */
  readonly #replies = new Map<string, string>();
  #length = 0;
  /** Key of the message that is being handled, and what its method returned. */
  #current: { readonly key: string; reply: Reply } | undefined;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  /** Whether the client was told which memory it is. */
  get introduced(): boolean {
    return this.#introduced;
  }

  /** Gives the name for a handshake: by it a client that comes back knows whether this is the memory that it knew. */
  introduce(): string {
    this.#introduced = true;
    return this.#name;
  }

  /** A message came. Each of a resource is handled when the one before it has been, so a repeated one finds the reply. */
  arrive(message: Payload): MaybePromise<undefined> {
    const enveloped = parseEnvelope(message);
    if (!enveloped) return this.#refuse('', new Failure('malformed-message', 'The message has no envelope.'));
    const { key, payload } = enveloped;
    if (key !== '' && this.#repeat(key)) return undefined;
    const current = { key, reply: { key, kind: 'handled', payload: '' } as Reply };
    this.#current = current;
    return after(this.#parts.handle(payload), (failure) => {
      this.#current = undefined;
      if (failure) this.#answer(failureReply(key, failure));
      else if (key !== '') this.#answer(current.reply);
      return undefined;
    });
  }

  /** A message was refused before it was handled. */
  refused(message: Payload, failure: Failure): undefined {
    const key = parseEnvelope(message)?.key ?? '';
    this.#parts.reply(formatReply({ ...failureReply(key, failure), kind: 'refused' }));
  }

  /** Takes what a method returned to the resource, if that is the reply to a message; tells whether it is. */
  take(payload: Payload): boolean {
    const current = this.#current;
    if (!current || current.key === '') return false;
    const { key } = current;
    current.reply =
      typeof payload === 'string'
        ? { key, kind: 'text', payload }
        : { key, kind: 'base64', payload: Buffer.from(payload).toString('base64') };
    return true;
  }

  #answer(reply: Reply): void {
    const text = formatReply(reply);
    if (reply.key !== '') this.#remember(reply.key, text);
    this.#parts.reply(text);
  }

  /** Answers from memory; false when the key is new. */
  #repeat(key: string): boolean {
    const known = this.#replies.get(key);
    if (known === undefined) return false;
    if (known === '') this.#refuse(key, new Failure('reply-forgotten'));
    else this.#parts.reply(known);
    return true;
  }

  #refuse(key: string, failure: Failure): undefined {
    this.#parts.reply(formatReply(failureReply(key, this.#parts.fail(failure))));
  }

  #remember(key: string, reply: string): void {
    this.#replies.set(key, reply);
    this.#length += reply.length;
    if (this.#replies.size > REMEMBERED_KEYS) {
      const [[oldest, text] = ['', '']] = this.#replies;
      this.#length -= text.length;
      this.#replies.delete(oldest);
    }
    if (this.#length <= REMEMBERED_LENGTH) return;
    for (const [old, text] of this.#replies) {
      if (this.#length <= REMEMBERED_LENGTH) break;
      this.#length -= text.length;
      this.#replies.set(old, '');
    }
  }
}

function failureReply(key: string, failure: Failure): Reply {
  return { key, kind: 'failure', payload: encodeValue(failure) as string };
}

/** The requests of a resource whose client asked for envelopes; undefined for any other. */
export function requestsOf(resource: Resource, out: Pick<Outbound, 'send'>, { wire }: Request): Requests | undefined {
  const { endpoint, requests } = resource;
  // A handler of raw WebSockets gets everything as it is.
  if (!wire.envelopes || endpoint.service.control) return undefined;
  return (
    requests ??
    new Requests({
      handle: (payload) => endpoint.handle(resource, payload),
      reply: (text) => {
        if (resource.state !== 'closed') out.send(text, true);
      },
      fail: (failure) => resource.refuse(failure),
    })
  );
}

/**
 * For transports that greet clients in a form of their own, before the attach: names the memory of keys, for a client that
 * puts messages into envelopes.
 */
export function memoryOf(resource: Resource, request: Request): string | undefined {
  resource.requests = requestsOf(resource, resource.out, request);
  return resource.requests?.introduce();
}

/** For transports: a message was refused that had been read. Gives what to answer, unless a reply tells it. */
export function refuseMessage(resource: Resource, message: Payload, failure: Failure): Failure | undefined {
  const told = resource.refuse(failure);
  return resource.requests ? resource.requests.refused(message, told) : told;
}

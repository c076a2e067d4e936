import type { Payload } from '@ionosphere/protocol';
import { encodeMessage, MessageType } from './message';

/** Tags of protobuf fields with a length, and names of headers, as they stand in a message (atmosphere.proto). */
const TEXT_TAG = 26;
const BYTES_TAG = 34;
const HEADERS_TAG = 42;
const VALUE_TAG = 18;
const offsetKey = Buffer.from([10, 6, ...Buffer.from('offset')]);

const message = encodeMessage({ type: MessageType.MESSAGE });
const nothing = Buffer.alloc(0);

/**
 * Makes the bytes of deliveries: type, topic, payload and position, as `encodeMessage` would, but in one piece of memory, with
 * what is the same for all of them made before.
 */
export class Deliveries {
  readonly #epoch: Buffer;
  readonly #reply = encodeMessage({ headers: new Map([['reply', 'true']]) });
  /** Topics and their fields, of the deliveries of late. */
  readonly #topics = new Map<string, Buffer>();

  constructor(epoch: string) {
    this.#epoch = encodeMessage({ headers: new Map([['epoch', epoch]]) });
  }

  /** @param topic absent when it is to be put behind: what is sent to one resource alone has none */
  encode(payload: Payload, sequence: number, topic = '', isReply = false): Buffer {
    const isText = typeof payload === 'string';
    const length = isText ? Buffer.byteLength(payload) : payload.length;
    const field = topic === '' ? nothing : this.#fieldOf(topic);
    const reply = isReply ? this.#reply : nothing;
    const offset = String(sequence);
    const known = message.length + field.length + this.#epoch.length + reply.length;
    const payloadLength = length === 0 ? 0 : 1 + varintLength(length) + length;
    const entryLength = offsetKey.length + 2 + offset.length;
    const whole = Buffer.allocUnsafe(known + payloadLength + 2 + entryLength);
    let at = put(whole, message, 0);
    at = put(whole, field, at);
    if (length > 0) {
      whole[at] = isText ? TEXT_TAG : BYTES_TAG;
      at = writeVarint(whole, length, at + 1);
      if (isText) whole.write(payload, at);
      else whole.set(payload, at);
      at += length;
    }
    at = put(whole, this.#epoch, at);
    at = put(whole, reply, at);
    whole[at] = HEADERS_TAG;
    whole[at + 1] = entryLength;
    at = put(whole, offsetKey, at + 2);
    whole[at] = VALUE_TAG;
    whole[at + 1] = offset.length;
    whole.write(offset, at + 2, 'latin1');
    return whole;
  }

  #fieldOf(topic: string): Buffer {
    let field = this.#topics.get(topic);
    if (field) return field;
    // Forgotten all at once: a server may have had any number of topics.
    if (this.#topics.size >= MAX_TOPICS) this.#topics.clear();
    this.#topics.set(topic, (field = encodeMessage({ topic })));
    return field;
  }
}

const MAX_TOPICS = 1000;

function put(whole: Buffer, part: Buffer, at: number): number {
  whole.set(part, at);
  return at + part.length;
}

/** How many bytes a length takes, seven bits in each (protobuf encoding, "Base 128 Varints"). */
function varintLength(value: number): number {
  let count = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) count++;
  return count;
}

function writeVarint(whole: Buffer, value: number, start: number): number {
  let at = start;
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) whole[at++] = (rest % 128) + 128;
  whole[at] = rest;
  return at + 1;
}

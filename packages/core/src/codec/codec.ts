import type { Payload } from '@ionosphere/protocol';
import { classOf, Failure, kindOf } from '../errors';
import { flatJson } from './flat-json';
import type { Port } from '../settings/ports';
import { isPromise } from '../time/settle';

/**
 * Payload -> value. Throw to refuse what it accepted; the sender is told `malformed-message`, or the `Failure` thrown. What is
 * thrown and is no `Failure` may be a mistake in the decoder: it is logged as a warning, the first time.
 */
export interface Decoder<T = unknown> {
  decode(payload: Payload): T;
  /** Whether this payload is for this decoder. Default: every payload is. */
  accepts?(payload: Payload): boolean;
}

/** Value -> payload. */
export interface Encoder<T = never> {
  encode(value: T): Payload;
  /** Whether this value is for this encoder. Default: every value is. */
  accepts?(value: unknown): boolean;
}

export const decoderPort: Port<Decoder> = { is: 'a decoder', methods: ['decode'] };
export const encoderPort: Port<Encoder> = { is: 'an encoder', methods: ['encode'] };

/** How a value is encoded when nobody says otherwise: text and bytes as they are, all else as JSON. */
export function encodeValue(value: unknown): Payload {
  if (typeof value === 'string') return value;
  const flat = flatJson(value);
  if (flat !== undefined) return flat;
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Promise) throw new TypeError("a promise can't be encoded; await it first");
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`a ${typeof value} can't be encoded as JSON`);
  return json;
}

/**
 * The first encoder that accepts a value encodes it; when none does, `encodeValue`.
 *
 * @param where what has the encoders, such as `Chat.onMessage`
 */
export function encodeWith(where: string, encoders: readonly Encoder[]): (value: unknown) => Payload {
  if (encoders.length === 0) return encodeValue;
  return (value) => {
    const encoder = encoders.find((candidate) => candidate.accepts?.(value) ?? true);
    if (!encoder) return encodeValue(value);
    const payload: unknown = encoder.encode(value as never);
    if (isPayload(payload)) return payload;
    throw noPayload(`${where}: encoders[${encoders.indexOf(encoder)}]${classOf(encoder)}`, payload);
  };
}

/** What a function makes of a value, `who` being its name in an error. */
export function encoded(who: string, value: unknown, encode: (value: unknown) => unknown): Payload {
  const payload = encode(value);
  if (isPayload(payload)) return payload;
  throw noPayload(who, payload);
}

/** Whether something can be sent. What can't must not get into a log, where each reader would come upon it. */
export function isPayload(value: unknown): value is Payload {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/**
 * The error for what was encoded and is no payload.
 *
 * @param who encoded it
 */
export function noPayload(who: string, value: unknown): TypeError {
  // Nobody waits for a promise that should not be one: should it be rejected, that would end the process.
  if (isPromise(value)) value.then(undefined, () => undefined);
  return new TypeError(`${who} returned ${kindOf(value)}; it must return text or bytes`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Payload as text; bytes must be UTF-8. */
export function textOf(payload: Payload): string {
  if (typeof payload === 'string') return payload;
  try {
    return utf8.decode(payload);
  } catch (cause) {
    throw new Failure('malformed-message', 'The message is not UTF-8 text.', { cause });
  }
}

/** Payload as bytes; text as its UTF-8. */
export function bytesOf(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}

/** Payload as JSON. */
export function jsonOf(payload: Payload): unknown {
  const text = textOf(payload);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Failure('malformed-message', `The message is not JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** Text as it came. */
export const textCodec: Decoder<string> & Encoder<string> = {
  decode: textOf,
  encode: (value) => value,
  accepts: (value) => typeof value === 'string',
};

/** Bytes as they came. */
export const binaryCodec: Decoder<Uint8Array> & Encoder<Uint8Array> = {
  decode: bytesOf,
  encode: (value) => value,
  accepts: (value) => value instanceof Uint8Array,
};

/** JSON without a declared shape. */
export const jsonCodec: Decoder & Encoder<unknown> = {
  decode: jsonOf,
  encode: (value) => JSON.stringify(value),
};

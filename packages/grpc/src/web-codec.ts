import { decodeMessage, encodeMessage, MessageType, type GrpcMessage } from './message';

/** How a message is written in one of the forms that browsers use. */
export interface WebCodec {
  /** @param message in the form of protobuf */
  encode(message: Uint8Array): Uint8Array;
  decode(bytes: Uint8Array): GrpcMessage;
}

/** Protobuf, as everywhere else. */
export const protoCodec: WebCodec = { encode: (message) => message, decode: decodeMessage };

const names = Object.keys(MessageType) as (keyof typeof MessageType)[];

/** The JSON of protobuf: names in camel case, enums by name, bytes as base64. */
export const jsonCodec: WebCodec = {
  encode(message) {
    const { type, topic, payload, headers, trackingId } = decodeMessage(message);
    const body = typeof payload === 'string' ? { payload } : { binaryPayload: Buffer.from(payload).toString('base64') };
    const json = { type: names[type] ?? type, topic, ...body, headers: Object.fromEntries(headers), trackingId };
    return Buffer.from(JSON.stringify(json));
  },
  decode(bytes) {
    const json = JSON.parse(Buffer.from(bytes).toString() || '{}') as unknown;
    if (typeof json !== 'object' || json === null) throw new TypeError('a message is an object');
    const fields = json as Readonly<Record<string, unknown>>;
    const text = (...keys: readonly string[]): string => {
      const value = keys.map((key) => fields[key]).find((found) => found !== undefined && found !== null) ?? '';
      if (typeof value !== 'string') throw new TypeError(`${keys.join(' or ')} is no text`);
      return value;
    };
    const binary = text('binaryPayload', 'binary_payload');
    return decodeMessage(
      encodeMessage({
        type: typeOf(fields['type'] ?? 0),
        topic: text('topic'),
        payload: binary === '' ? text('payload') : Buffer.from(binary, 'base64'),
        headers: headersOf(fields['headers'] ?? {}),
        trackingId: text('trackingId', 'tracking_id'),
      }),
    );
  },
};

function typeOf(value: unknown): number {
  const type = typeof value === 'number' ? value : names.indexOf(value as keyof typeof MessageType);
  if (type < 0) throw new TypeError('the type is none');
  return type;
}

function headersOf(value: unknown): ReadonlyMap<string, string> {
  const pairs = Object.entries(value as object) as [string, unknown][];
  if (pairs.some(([, text]) => typeof text !== 'string')) throw new TypeError('a header is no text');
  return new Map(pairs as [string, string][]);
}

/** A message on a stream: flags, length, bytes. */
export function envelope(flags: number, bytes: Uint8Array): Buffer {
  const whole = Buffer.allocUnsafe(5 + bytes.length);
  whole.writeUInt8(flags, 0);
  whole.writeUInt32BE(bytes.length, 1);
  whole.set(bytes, 5);
  return whole;
}

/** The one message of a request. Throws when there is none, or more, or it is compressed. */
export function opened(body: Buffer): Buffer {
  if (body.length < 5 || body.readUInt32BE(1) !== body.length - 5)
    throw new RangeError('the envelope has another length');
  if (body[0] !== 0) throw new RangeError('the message is compressed');
  return body.subarray(5);
}

import { isUtf8 } from 'node:buffer';
import type { Payload } from '@ionosphere/protocol';
import { Reader, Writer } from 'protobufjs/minimal';

/** What an `AtmosphereMessage` is for; numbers as in atmosphere.proto. */
export const MessageType = {
  SUBSCRIBE: 0,
  UNSUBSCRIBE: 1,
  MESSAGE: 2,
  HEARTBEAT: 3,
  ACK: 4,
  ERROR: 5,
} as const;

/** One `AtmosphereMessage`. */
export interface GrpcMessage {
  /** One of `MessageType`, or a number that only newer clients know. */
  readonly type: number;
  readonly topic: string;
  /** Text, or bytes when there are any. */
  readonly payload: Payload;
  readonly headers: ReadonlyMap<string, string>;
  readonly trackingId: string;
}

/** Number and wire type of each field of atmosphere.proto, as they stand in front of it. */
const Tag = { type: 8, topic: 18, payload: 26, binaryPayload: 34, headers: 42, trackingId: 50 } as const;
const EntryTag = { key: 10, value: 18 } as const;

/** Makes the bytes of a message; what is left out takes no room. */
export function encodeMessage(message: Partial<GrpcMessage>): Buffer {
  const writer = Writer.create();
  const { type = 0, topic = '', payload = '', headers, trackingId = '' } = message;
  if (type !== 0) writer.uint32(Tag.type).int32(type);
  if (topic !== '') writer.uint32(Tag.topic).string(topic);
  if (payload.length > 0) {
    if (typeof payload === 'string') writer.uint32(Tag.payload).string(payload);
    else writer.uint32(Tag.binaryPayload).bytes(payload);
  }
  if (headers) for (const [key, value] of headers) writeHeader(writer, key, value);
  if (trackingId !== '') writer.uint32(Tag.trackingId).string(trackingId);
  return writer.finish() as Buffer;
}

function writeHeader(writer: Writer, key: string, value: string): void {
  writer.uint32(Tag.headers).fork().uint32(EntryTag.key).string(key).uint32(EntryTag.value).string(value).ldelim();
}

const noHeaders: ReadonlyMap<string, string> = new Map();

/** Reads a message. Throws when the bytes are none; fields that are not known are skipped. */
export function decodeMessage(bytes: Uint8Array): GrpcMessage {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = Reader.create(buffer);
  let type = 0;
  let topic = '';
  let text = '';
  let binary: Uint8Array | undefined;
  let trackingId = '';
  let headers: Map<string, string> | undefined;
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === Tag.type) type = reader.int32();
    else if (tag === Tag.topic) topic = readText(reader, buffer);
    else if (tag === Tag.payload) text = readText(reader, buffer);
    else if (tag === Tag.binaryPayload) binary = reader.bytes();
    else if (tag === Tag.headers) readHeader(reader, buffer, (headers ??= new Map<string, string>()));
    else if (tag === Tag.trackingId) trackingId = readText(reader, buffer);
    else reader.skipType(tag & 7);
  }
  return { type, topic, payload: binary?.length ? binary : text, headers: headers ?? noHeaders, trackingId };
}

function readHeader(reader: Reader, buffer: Buffer, headers: Map<string, string>): void {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError('a header is longer than the message');
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === EntryTag.key) key = readText(reader, buffer);
    else if (tag === EntryTag.value) value = readText(reader, buffer);
    else reader.skipType(tag & 7);
  }
  headers.set(key, value);
}

/** The library takes a text that is cut off for a shorter one, and what is no UTF-8 for other letters. */
function readText(reader: Reader, buffer: Buffer): string {
  const length = reader.uint32();
  const start = reader.pos;
  const end = start + length;
  if (end > reader.len) throw new RangeError('a text is longer than the message');
  reader.pos = end;
  const text = buffer.toString('utf8', start, end);
  if (text.includes('\ufffd') && !isUtf8(buffer.subarray(start, end))) throw new TypeError('a text is no UTF-8');
  return text;
}

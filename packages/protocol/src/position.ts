import { REPLY_SIGN } from './envelope';

/**
 * What a client has got: everything that was sent to it up to a message. Messages are numbered through the server, and what
 * one client gets is written in the order of the numbers, so one number says it all. PROTOCOL.md, "Positions".
 */
export interface Position {
  /** Identity of the numbering: another one after a restart. */
  readonly epoch: string;
  /** Number of the last message; -1 when there was none. */
  readonly sequence: number;
}

/** `<epoch>.<sequence>` */
export function formatPosition({ epoch, sequence }: Position): string {
  return `${epoch}.${sequence}`;
}

const POSITION = /^([0-9a-z]{1,32})\.(-1|\d{1,15})$/;

/** Reads a position, or gives undefined when the text is none. */
export function parsePosition(text: string): Position | undefined {
  const match = POSITION.exec(text);
  return match ? { epoch: match[1] ?? '', sequence: Number(match[2]) } : undefined;
}

/** The id of a server-sent event for a client that knows no protocol: whose it is, and where. */
export interface EventId {
  readonly trackingId: string;
  readonly position: Position;
}

/** What comes before the number in the id of an event: the same for all events of one client. */
export function eventIdPrefix(trackingId: string, epoch: string): string {
  return `${trackingId}/${epoch}.`;
}

/** Reads the id that a client repeats as `Last-Event-ID`, or gives undefined when it is not one of ours. */
export function parseEventId(text: string): EventId | undefined {
  const slash = text.indexOf('/');
  const position = parsePosition(text.slice(slash + 1));
  return slash > 0 && position ? { trackingId: text.slice(0, slash), position } : undefined;
}

/** Stands between the number and a text. */
export const TEXT_SIGN = ':';
/** Stands between the number and bytes that travel as base64. */
export const BYTES_SIGN = ';';
const GAP_SIGN = '!gap';

/**
 * What a client that asked for positions is told where messages are missing. The number is its position from now on: one that
 * breaks off here and says an older one would be told of the same gap again, and a polling client would get no further.
 */
export function gapNotice(sequence: number): string {
  return `${sequence}${GAP_SIGN}`;
}

const GAP = /^(-1|\d{1,15})!gap$/;

/** Number that the notice of a gap brings; undefined when the text is none. */
export function parseGapNotice(text: string): number | undefined {
  const match = GAP.exec(text);
  return match ? Number(match[1]) : undefined;
}

/** How many bytes the number takes in front of a binary message: 64 bits, the highest first. */
export const BINARY_POSITION_BYTES = 8;

/** Bytes with their number in front. */
export function positionedBytes(bytes: Uint8Array, sequence: number): Uint8Array {
  const whole = new Uint8Array(BINARY_POSITION_BYTES + bytes.length);
  new DataView(whole.buffer).setBigUint64(0, BigInt(sequence));
  whole.set(bytes, BINARY_POSITION_BYTES);
  return whole;
}

/** A message that came with its number. */
export interface Positioned {
  readonly sequence: number;
  readonly payload: string | Uint8Array;
  /** Whether the payload is the base64 of bytes, which the wire could not carry. */
  readonly base64: boolean;
  /** There when it is a reply (PROTOCOL.md, "Requests"). */
  readonly reply?: true;
}

const NUMBERED = /^(\d{1,15})([:;=])/;

/** Takes a message and its number apart; undefined when it has none, as what the server says of the connection itself. */
export function parsePositioned(message: string | Uint8Array): Positioned | undefined {
  if (typeof message !== 'string') {
    if (message.length < BINARY_POSITION_BYTES) return undefined;
    const view = new DataView(message.buffer, message.byteOffset);
    const sequence = Number(view.getBigUint64(0));
    return { sequence, payload: message.subarray(BINARY_POSITION_BYTES), base64: false };
  }
  const match = NUMBERED.exec(message);
  if (!match) return undefined;
  return {
    sequence: Number(match[1]),
    payload: message.slice(match[0].length),
    base64: match[2] === BYTES_SIGN,
    ...(match[2] === REPLY_SIGN && { reply: true }),
  };
}

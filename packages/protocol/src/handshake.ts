import { DEFAULT_DELIMITER } from './framing';
import { formatPosition, parsePosition, type Position } from './position';

/** What the first message tells a client that asked for the protocol (PROTOCOL.md, "Handshake"). */
export interface Handshake {
  /** The resource's tracking id. */
  readonly uuid: string;
  /** How often the client is to send its heartbeat, in milliseconds; 0 asks for none. */
  readonly heartbeatMillis: number;
  /** The text of a heartbeat, in both directions. */
  readonly padding: string;
  /** Where the client is from now on, if it asked for positions; undefined for any other. */
  readonly position?: Position | undefined;
  /** Which memory of keys it is, for a client that asked for envelopes; undefined for any other. */
  readonly memory?: string | undefined;
}

/** `uuid|heartbeat|padding|`, then `position|` for who asked for it, then `memory|` with envelopes; still without a length in front. */
export function formatHandshake(handshake: Handshake, delimiter: string = DEFAULT_DELIMITER): string {
  const { uuid, heartbeatMillis, padding, position, memory } = handshake;
  const usual = `${uuid}${delimiter}${heartbeatMillis}${delimiter}${padding}${delimiter}`;
  if (position === undefined && memory === undefined) return usual;
  const where = position === undefined ? '' : formatPosition(position) + delimiter;
  return usual + where + (memory === undefined ? '' : memory + delimiter);
}

/** Reads a handshake without its length, or gives undefined when the text is none. */
export function parseHandshake(text: string, delimiter: string = DEFAULT_DELIMITER): Handshake | undefined {
  const [uuid, millis, padding, where, memory, end] = text.split(delimiter);
  if (!uuid || padding === undefined || where === undefined || !/^\d+$/.test(millis ?? '')) return undefined;
  const position = parsePosition(where);
  return {
    uuid,
    heartbeatMillis: Number(millis),
    padding,
    ...(position && { position }),
    ...(end !== undefined && { memory }),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a tracking id has the only form this server mints: a random (version 4) UUID in lower case, RFC 9562. */
export function isTrackingId(id: string): boolean {
  return UUID.test(id);
}

/** The leading number of `X-Atmosphere-Framework` ("5.0.7", "2.3.8-javascript"); undefined when the client sent none. */
export function frameworkVersion(value: string | undefined): readonly number[] | undefined {
  const digits = /^\d+(\.\d+)*/.exec(value ?? '');
  return digits ? digits[0].split('.').map(Number) : undefined;
}

/** Orders versions by component, so that 10.0.0 comes after 9.9.9. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

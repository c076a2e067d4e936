import { frameworkVersion, Parameter, parseEventId, parsePosition, type Position } from '@ionosphere/protocol';
import { copyOf } from './shared';

/** What the Atmosphere protocol says in a request (PROTOCOL.md, "Connect"). */
export interface WireParameters {
  /** The id the client believes to have; undefined for a new client (absent, empty or `0`). */
  readonly trackingId: string | undefined;
  /** Transport in lower case with dashes, as sent: it may name one that does not exist. */
  readonly transport: string | undefined;
  /** Leading number of the client's version. */
  readonly framework: readonly number[] | undefined;
  /** Whether the client wants a length in front of every text. */
  readonly trackMessageSize: boolean;
  /** Whether the client waits for a handshake. */
  readonly protocol: boolean;
  /** How often the client wishes a heartbeat, in seconds. */
  readonly heartbeatSeconds: number | undefined;
  /** Content type of the client's messages. */
  readonly contentType: string | undefined;
  /** The client's token, for an authenticating interceptor. */
  readonly auth: string | undefined;
  /** A message that came in the URL, of a client that can only GET. */
  readonly postBody: string | undefined;
  /** Whether the client wants the number of each message (PROTOCOL.md, "Positions"). */
  readonly positions: boolean;
  /** Whether the client puts its messages into envelopes (PROTOCOL.md, "Requests"). */
  readonly envelopes: boolean;
  /** What the client has, as it says itself. */
  readonly position: Position | undefined;
  /** The function that a JSONP answer calls, as sent: it may be no name at all. */
  readonly jsonpCallback: string | undefined;
  /** The query as it was sent, of a poll of a client that knows its id: the next one is most often the same. */
  readonly poll: string | undefined;
}

/** A browser's EventSource says no more than this when it comes back (HTML, 9.2.4). */
const LAST_EVENT_ID = 'last-event-id';

const wireNames = new Set<string>(Object.values(Parameter).map((name) => name.toLowerCase()));

/** Whether a query parameter, in lower case, is the client library's own; `_` keeps caches out. */
export function isWireName(name: string): boolean {
  return wireNames.has(name) || name === '_' || name.startsWith('x-atmosphere') || name.startsWith('x-atmo-');
}

/**
 * Whether a client is an atmosphere.js before version 5: once it has an id it takes a handshake for a message. wasync is none,
 * although it calls itself 4.0: it makes up its first id, and waits for a handshake all the same.
 */
export function isClassic(wire: WireParameters): boolean {
  return wire.framework !== undefined && (wire.framework[0] ?? 0) < 5 && !makesUpIds(wire);
}

/** Whether a client's first id may be one of its own making: wasync's is. */
export function makesUpIds({ framework }: WireParameters): boolean {
  return framework?.join('.') === '4.0';
}

/** Whether a header, in lower case, says something of the protocol. */
export function saysWire(name: string): boolean {
  return isWireName(name) || name === LAST_EVENT_ID;
}

/** Names as they are looked up. */
const lower = Object.fromEntries(Object.entries(Parameter).map(([key, name]) => [key, name.toLowerCase()])) as Record<
  keyof typeof Parameter,
  string
>;

/** A value for keeps. */
function kept(text: string | undefined): string | undefined {
  return text === undefined ? undefined : copyOf(text);
}

/** Transports whose clients say the same again and again. */
const polls = new Set<string | undefined>(['long-polling', 'jsonp', 'polling']);

/**
 * Reads what the protocol says; `get` gives what was sent under a name in lower case.
 *
 * @param query that says all of it. Default: none does.
 */
export function readWire(get: (name: string) => string | undefined, query?: string): WireParameters {
  const id = get(lower.trackingId);
  const heartbeat = get(lower.heartbeat);
  const position = get(lower.position);
  const event = parseEventId(get(LAST_EVENT_ID) ?? '');
  const trackingId = id === '' || id === '0' || id === undefined ? event?.trackingId : id;
  const ofEvent = trackingId === event?.trackingId ? event?.position : undefined;
  const transport = get(lower.transport)?.toLowerCase().replaceAll('_', '-');
  return Object.freeze({
    trackingId: kept(trackingId),
    positions: position !== undefined,
    envelopes: position !== undefined && get(lower.envelope) === '1',
    position: position === undefined ? ofEvent : parsePosition(position),
    transport,
    framework: frameworkVersion(get(lower.framework)),
    trackMessageSize: get(lower.trackMessageSize) === 'true',
    protocol: get(lower.protocol) !== undefined,
    heartbeatSeconds: heartbeat !== undefined && /^\d{1,9}$/.test(heartbeat) ? Number(heartbeat) : undefined,
    contentType: kept(get(lower.contentType)),
    auth: kept(get(lower.auth)),
    postBody: kept(get(lower.postBody)),
    jsonpCallback: kept(get(lower.jsonpCallback)),
    poll: trackingId !== undefined && polls.has(transport) ? query : undefined,
  });
}

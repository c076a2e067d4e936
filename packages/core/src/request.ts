import {
  frameworkVersion,
  Parameter,
  parseEventId,
  parsePosition,
  type Position,
  type TransportName,
} from '@ionosphere/protocol';
import { parseCookie } from 'cookie';
import type { Config } from './config';
import { Failure } from './errors';

/** What a server knows of a request at the moment it arrives. */
export interface RequestInit {
  readonly method: string;
  /** Path as sent, still percent-encoded, without the query. */
  readonly path: string;
  /** Query as sent, without the question mark. */
  readonly query?: string;
  /** Header names in lower case. */
  readonly headers?: ReadonlyMap<string, string>;
  /** Address of the peer. */
  readonly remoteAddress?: string;
}

/** How requests are read; see the settings of these names. */
export type RequestSettings = Pick<Config, 'queryAsHeaders' | 'protocolInQuery'>;

const usualSettings: RequestSettings = { queryAsHeaders: true, protocolInQuery: false };

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
  /** What the client has, as it says itself. */
  readonly position: Position | undefined;
  /** The function that a JSONP answer calls, as sent: it may be no name at all. */
  readonly jsonpCallback: string | undefined;
}

const LAST_EVENT_ID = 'Last-Event-ID';

const wireNames = new Set<string>(Object.values(Parameter).map((name) => name.toLowerCase()));

/** Whether a query parameter, in lower case, is the client library's own; `_` keeps caches out. */
function isWireName(name: string): boolean {
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

/** The request that opened a connection, or carried a message. A snapshot: it stays valid for as long as you keep it. */
export class Request {
  readonly method: string;
  /** Path, percent-decoded segment by segment; an encoded slash stays encoded. */
  readonly path: string;
  /** The application's query parameters; those of the protocol are in `wire`. A repeated name keeps its last value. */
  readonly query: ReadonlyMap<string, string>;
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  readonly wire: WireParameters;
  #cookies: Readonly<Record<string, string | undefined>> | undefined;

  /** Throws `bad-request` when a percent-encoding is broken, or the path has what no path may have. */
  constructor(init: RequestInit, { queryAsHeaders, protocolInQuery }: RequestSettings = usualSettings) {
    this.method = init.method.toUpperCase();
    this.path = decodePath(init.path);
    this.headers = init.headers ?? new Map();
    this.remoteAddress = init.remoteAddress ?? '';
    const { query, wire } = splitQuery(init.query ?? '', queryAsHeaders, protocolInQuery);
    this.query = query;
    this.wire = wireParameters((name) => wire.get(name.toLowerCase()) ?? this.headers.get(name.toLowerCase()));
  }

  /** Cookies by name, percent-decoded; parsed when first asked for. Of a repeated name the first counts (RFC 6265, 5.4). */
  get cookies(): Readonly<Record<string, string | undefined>> {
    return (this.#cookies ??= parseCookie(this.headers.get('cookie') ?? ''));
  }

  /** A header's value, whatever the case of its name. */
  header(name: string): string | undefined {
    return this.headers.get(name.toLowerCase());
  }
}

function wireParameters(get: (name: string) => string | undefined): WireParameters {
  const id = get(Parameter.trackingId);
  const heartbeat = get(Parameter.heartbeat);
  const position = get(Parameter.position);
  // A browser's EventSource says no more than this when it comes back (HTML, 9.2.4).
  const event = parseEventId(get(LAST_EVENT_ID) ?? '');
  const trackingId = id === '' || id === '0' || id === undefined ? event?.trackingId : id;
  const ofEvent = trackingId === event?.trackingId ? event?.position : undefined;
  return {
    trackingId,
    positions: position !== undefined,
    position: position === undefined ? ofEvent : parsePosition(position),
    transport: get(Parameter.transport)?.toLowerCase().replaceAll('_', '-'),
    framework: frameworkVersion(get(Parameter.framework)),
    trackMessageSize: get(Parameter.trackMessageSize) === 'true',
    protocol: get(Parameter.protocol) !== undefined,
    heartbeatSeconds: heartbeat !== undefined && /^\d{1,9}$/.test(heartbeat) ? Number(heartbeat) : undefined,
    contentType: get(Parameter.contentType),
    auth: get(Parameter.auth),
    postBody: get(Parameter.postBody),
    jsonpCallback: get(Parameter.jsonpCallback),
  };
}

function decodePath(path: string): string {
  // Servers read bytes that are no UTF-8 as this character; paths that differ must not become the same.
  if (path.includes('\ufffd')) throw new Failure('bad-request', 'The path has bytes that are not UTF-8.');
  const decoded = path.includes('%') ? path.split('/').map(decodeSegment).join('/') : path;
  // For much that a path is put into, a text ends there.
  if (decoded.includes('\0')) throw new Failure('bad-request', 'The path has a NUL character.');
  return decoded.length > 1 && decoded.endsWith('/') ? decoded.slice(0, -1) : decoded;
}

/** A slash stays encoded; a percent sign that would make the text look like one that did is encoded too. */
function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  return percentDecode(segment).replaceAll(LOOKS_LIKE_SLASH, '%25').replaceAll('/', '%2F');
}

const LOOKS_LIKE_SLASH = /%(?=(?:25)*2F)/gi;

/** Decodes percent signs alone: `+` stays `+`, because clients send content types such as `application/vnd.x+json` raw. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Failure(
      'bad-request',
      'The URL has a percent sign that is not followed by two hexadecimal digits of UTF-8.',
      { cause },
    );
  }
}

/** The protocol's parameters are kept from the application, as Atmosphere does. */
function splitQuery(
  text: string,
  queryAsHeaders: boolean,
  protocolInQuery: boolean,
): { query: Map<string, string>; wire: Map<string, string> } {
  const query = new Map<string, string>();
  const wire = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = percentDecode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : percentDecode(pair.slice(equals + 1));
    const lower = name.toLowerCase();
    const ofProtocol = queryAsHeaders && isWireName(lower);
    if (ofProtocol) wire.set(lower, value);
    if (!ofProtocol || protocolInQuery) query.set(name, value);
  }
  return { query, wire };
}

/** Names that `X-Atmosphere-Transport` may have, and the transport each means. */
const transportNames: Readonly<Record<string, TransportName>> = {
  websocket: 'websocket',
  sse: 'sse',
  streaming: 'streaming',
  'long-polling': 'long-polling',
  jsonp: 'jsonp',
  polling: 'polling',
};

/** The transport a client asked for; undefined when it named one that is not served. */
export function transportNamed(name: string): TransportName | undefined {
  return Object.hasOwn(transportNames, name) ? transportNames[name] : undefined;
}

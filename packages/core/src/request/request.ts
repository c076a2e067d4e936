import type { TransportName } from '@ionosphere/protocol';
import { parseCookie } from 'cookie';
import { Failure } from '../errors';
import { Fields } from './fields';
import { percentDecode, readQuery, type RequestSettings } from './query';
import { recentSecond } from '../time/second';
import { sharedText } from './shared';
import { readWire, saysWire, type WireParameters } from './wire';

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

/** Who sent a request that repeats another one. To ask where it is costs more than to read such a request. @internal */
export interface Peer {
  /** Where it is; undefined once it has gone, or has its answer. */
  readonly address: string | undefined;
}

const usualSettings: RequestSettings = { queryAsHeaders: true, protocolInQuery: false };

/** The request that opened a connection, or carried a message. A snapshot: it stays valid for as long as you keep it. */
export class Request {
  /** As sent: `get` is another method than `GET` (RFC 9110, 9.1). */
  readonly method: string;
  /** Path, percent-decoded segment by segment; an encoded slash stays encoded. */
  readonly path: string;
  /** The application's query parameters; those of the protocol are in `wire`. A repeated name keeps its last value. */
  readonly query: ReadonlyMap<string, string>;
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly wire: WireParameters;
  /** Whether every interceptor around it has let it pass. @internal */
  isPassed = false;
  #address: string;
  /** In which second the peer was asked; 0 when it is not known to change. */
  #locatedAt = 0;
  /** Whom to ask where it is; the answer, once somebody has asked. */
  #peer: Peer | string | undefined = undefined;
  #cookies: Readonly<Record<string, string | undefined>> | undefined;

  /** Throws `bad-request` when a percent-encoding is broken, or the path has what no path may have. */
  constructor(init: RequestInit | Request, settings: RequestSettings = usualSettings) {
    if (init instanceof Request) {
      ({ method: this.method, path: this.path, headers: this.headers, query: this.query, wire: this.wire } = init);
      this.#address = typeof init.#peer === 'string' ? init.#peer : init.#address;
      this.#locatedAt = init.#locatedAt;
      this.#cookies = init.#cookies;
      return;
    }
    this.method = sharedText(init.method);
    this.path = sharedText(decodePath(init.path));
    this.headers = init.headers ?? new Map();
    this.#address = init.remoteAddress === undefined ? '' : sharedText(init.remoteAddress);
    const { fields, wire, said } = readQuery(init.query ?? '', settings);
    this.query = fields;
    this.wire = speaksProtocol(this.headers) ? readWire((name) => said.get(name) ?? this.headers.get(name)) : wire;
  }

  /**
   * Address of the peer. Of a poll that says all that the one before said, and is asked when it has its answer: that of the
   * peer a second ago at most.
   */
  get remoteAddress(): string {
    if (typeof this.#peer === 'object') this.#peer = this.asked(this.#peer.address);
    return this.#peer ?? this.#address;
  }

  /** Address of the peer, or where it was less than a second ago: for what counts, rather than decides. Always the same. @internal */
  get recentAddress(): string {
    return this.#address;
  }

  /**
   * A request that says all that this one says. @internal
   *
   * @param from where it comes from, or whom to ask
   */
  again(from: string | Peer): Request {
    if (typeof from === 'object' && this.isLocated) return this.from(from);
    const request = new Request(this);
    request.#address = request.asked(typeof from === 'string' ? from : from.address);
    return request;
  }

  /** Whether its peer was asked in this second, so that the next request that says the same can do without. */
  private get isLocated(): boolean {
    return this.#locatedAt === recentSecond();
  }

  /** The same, with the same recent address, whose peer is asked when somebody asks. @internal */
  from(peer: Peer): Request {
    const request = new Request(this);
    request.#peer = peer;
    return request;
  }

  /** Whether it was made of the other one, or both of the same. @internal */
  repeats(other: Request): boolean {
    return this.wire === other.wire && this.headers === other.headers;
  }

  /** Whether a request with the same query, and without a percent sign in its path, says the same as this one. @internal */
  isRepeatedBy(method: string, path: string | undefined, headers: ReadonlyMap<string, string>): boolean {
    return (
      path === this.path &&
      method === this.method &&
      headers instanceof Fields &&
      this.headers instanceof Fields &&
      headers.equals(this.headers)
    );
  }

  // `private` rather than `#`: methods of that kind take a word of memory in each instance.
  private asked(address: string | undefined): string {
    if (address === undefined) return this.#address;
    this.#locatedAt = recentSecond();
    return sharedText(address);
  }

  /** Cookies by name, percent-decoded; parsed when first asked for. Of a repeated name the first counts (RFC 6265, 5.4). */
  get cookies(): Readonly<Record<string, string | undefined>> {
    return (this.#cookies ??= Object.freeze(parseCookie(this.headers.get('cookie') ?? '')));
  }

  /** A header's value, whatever the case of its name. */
  header(name: string): string | undefined {
    return this.headers.get(name.toLowerCase());
  }
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

/** Whether the names of some headers belong to the protocol; requests of one kind share the list of their names. */
const speaking = new WeakMap<readonly string[], boolean>();

function speaksProtocol(headers: ReadonlyMap<string, string>): boolean {
  if (!(headers instanceof Fields)) return true;
  let speaks = speaking.get(headers.names);
  if (speaks === undefined) speaking.set(headers.names, (speaks = headers.names.some(saysWire)));
  return speaks;
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

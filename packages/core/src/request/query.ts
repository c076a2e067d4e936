import type { Config } from '../settings/config';
import { Failure } from '../errors';
import { FieldCollector, type Fields } from './fields';
import { copyOf, Shared } from './shared';
import { isWireName, readWire, type WireParameters } from './wire';

/** How requests are read; see the settings of these names. */
export type RequestSettings = Pick<Config, 'queryAsHeaders' | 'protocolInQuery'>;

/** What a query says. */
export interface Query {
  /** The application's parameters. */
  readonly fields: Fields;
  /** What the protocol says in it, alone. */
  readonly wire: WireParameters;
  /** The protocol's parameters by name in lower case. */
  readonly said: ReadonlyMap<string, string>;
}

/** Longer queries are rarely equal, and may hold a message. */
const LONGEST = 512;

/** Clients of one kind that connect for the first time say all the same. One memory for each way of reading. */
const memories = [0, 1, 2, 3].map(() => new Shared<Query>(512));

/** Reads a query as it was sent, without the question mark. Throws `bad-request` when a percent-encoding is broken. */
export function readQuery(text: string, settings: RequestSettings): Query {
  const memory = memories[Number(settings.queryAsHeaders) + 2 * Number(settings.protocolInQuery)] as Shared<Query>;
  if (text.length > LONGEST) return parse(text, settings);
  const known = memory.get(text);
  if (known) return known;
  const query = parse(text, settings);
  // Who has an id says what nobody else says.
  return query.wire.trackingId === undefined ? memory.add(text, query) : query;
}

const collector = new FieldCollector();

/** The protocol's parameters are kept from the application, as Atmosphere does. */
function parse(text: string, { queryAsHeaders, protocolInQuery }: RequestSettings): Query {
  const pairs = text.split('&').filter((pair) => pair !== '');
  const said = new Map<string, string>();
  const own: [string, string][] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = percentDecode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : percentDecode(pair.slice(equals + 1));
    const lower = name.toLowerCase();
    const ofProtocol = queryAsHeaders && isWireName(lower);
    if (ofProtocol) said.set(lower, value);
    if (!ofProtocol || protocolInQuery) own.push([copyOf(name), copyOf(value)]);
  }
  for (const [name, value] of own) collector.add(name, value);
  return { fields: collector.collect(), wire: readWire((name) => said.get(name), text), said };
}

/** Decodes percent signs alone: `+` stays `+`, because clients send content types such as `application/vnd.x+json` raw. */
export function percentDecode(text: string): string {
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

/** How the name of the tracking id ends. Shorter than 7: for longer patterns the engine makes a table first. */
const END_OF_NAME = 'g-id=';

/** Where the id was in the query before: clients of one kind say it at the same place. */
let usual = END_OF_NAME.length;

/** Where in a query what seems to be the tracking id begins, seen without reading all of it; -1 when there is none. */
export function startOfId(query: string): number {
  if (query.startsWith(END_OF_NAME, usual - END_OF_NAME.length)) return usual;
  const at = query.indexOf(END_OF_NAME);
  return at < 0 ? -1 : (usual = at + END_OF_NAME.length);
}

/** The id that begins there. */
export function idAt(query: string, start: number): string {
  const end = query.indexOf('&', start);
  return end < 0 ? query.slice(start) : query.slice(start, end);
}

/** How many characters of an id are made a number; ids are random from the first on. */
const DIGEST_LENGTH = 8;

/** A number that ids nearly have for themselves: to find one by it costs a fifth of what it costs to cut it out and look it up. */
export function digestAt(text: string, start = 0): number {
  let digest = 0;
  for (let index = start; index < start + DIGEST_LENGTH; index++)
    digest = (Math.imul(digest, 31) + text.charCodeAt(index)) | 0;
  return digest;
}

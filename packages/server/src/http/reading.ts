import {
  FieldCollector,
  sharedText,
  type Fields,
  type Peer,
  type Request,
  type RequestSettings,
} from '@ionosphere/core';
import { belowBase } from './base-path';
import { addressOf, type AddressOf } from './client-address';
import { joined } from './headers';
import type { HttpRequest, HttpResponse } from '../uws';

/** How requests are read. */
export interface ExchangeSettings extends RequestSettings {
  /** Where a request comes from. Default: from the peer. */
  readonly addressOf?: AddressOf | undefined;
  /** An earlier request that said the same query and may be repeated. Default: none is looked for. */
  readonly repeated?: (query: string) => Request | undefined;
  /** Path that all others are below. Default: none. */
  readonly basePath?: string | undefined;
}

/** What can be known of a request before it is read. */
export interface Known {
  readonly method: string;
  /** What is behind the question mark. */
  readonly query: string;
}

/** What a request says. */
export interface Said {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  readonly settings: RequestSettings | undefined;
  /** Whether its path is not below that of the server. */
  readonly elsewhere: boolean;
}

/** What a request is read from. */
interface Source {
  readonly res: HttpResponse;
  readonly req: HttpRequest;
  readonly settings: ExchangeSettings | undefined;
  readonly known: Partial<Known>;
  /** Whom to ask later where it comes from. */
  readonly peer: Peer;
}

/** Reads a request; one that says what an earlier one said shares what was made of that. */
export function read({ res, req, settings, known, peer }: Source): { path: string; said: Said | Request } {
  const { query = queryOf(req), method = req.getCaseSensitiveMethod() } = known;
  const sent = req.getUrl();
  const path = belowServer(sent, settings?.basePath);
  const headers = headersOf(req);
  // Whether a path with a percent sign is the same is not told by its text.
  const earlier = path === undefined || path.includes('%') ? undefined : settings?.repeated?.(query);
  const locate = settings?.addressOf;
  // What a proxy says is always read: whether it is trusted depends on who says it.
  if (earlier?.isRepeatedBy(method, path, headers))
    return { path: earlier.path, said: earlier.again(locate ? addressOf(res, headers, locate) : peer) };
  const remoteAddress = addressOf(res, headers, locate);
  const said = {
    method,
    path: sharedText(path ?? sent),
    query,
    headers,
    remoteAddress,
    settings,
    elsewhere: path === undefined,
  };
  return { path: said.path, said };
}

/** A path without that of the server; undefined when it is not below it. */
export function belowServer(sent: string, basePath: string | undefined): string | undefined {
  return basePath ? belowBase(sent, basePath) : sent;
}

/** Collects the headers of the request that is being read; there is one at a time. */
const collector = new FieldCollector();
const addHeader = (name: string, value: string): void => collector.add(name, value, joined);

/** Names and values, repeated ones put together. */
export function headersOf(req: HttpRequest): Fields {
  req.forEach(addHeader);
  return collector.collect();
}

/** What is behind the question mark of a request. */
export function queryOf(req: HttpRequest): string {
  // There may be none, whatever the type says.
  const query: string | undefined = req.getQuery();
  return query ?? '';
}

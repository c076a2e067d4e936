import { Request, type RequestSettings } from '@ionosphere/core';
import { Parameter } from '@ionosphere/protocol';

/** Who is at the other end of a call. */
export interface Caller {
  /** Metadata of the call, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  /** Sets a header of the answer. Absent where the answer is one of many. */
  readonly setHeader?: (name: string, value: string) => void;
}

/** What makes a request out of a message. */
export interface Asked {
  readonly topic: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly trackingId: string;
  readonly method: 'GET' | 'POST';
}

/** The request that a message stands for: its topic is the path, and its headers go before those of the call. */
export function requestOf(caller: Caller, asked: Asked, settings: RequestSettings): Request {
  const headers = new Map(caller.headers);
  for (const [name, value] of asked.headers) headers.set(name.toLowerCase(), value);
  const [epoch, offset] = [headers.get('epoch'), headers.get('offset')];
  const position = epoch === undefined || offset === undefined ? undefined : `${epoch}.${offset}`;
  const own: (readonly [string, string])[] = [
    [Parameter.transport, 'grpc'],
    [Parameter.protocol, 'true'],
    [Parameter.trackingId, asked.trackingId],
    // Every delivery carries its position, whether the client says where it is or not.
    ...(asked.method === 'GET' ? [[Parameter.position, position ?? ''] as const] : []),
  ];
  headers.delete(Parameter.position.toLowerCase());
  for (const [name, value] of own) headers.set(name.toLowerCase(), value);
  // A topic is a name, not a URL: nothing in it is decoded. Encoded slashes are encoded in names too.
  const path = asked.topic.replace(/%(?!(?:25)*2F)/gi, '%25');
  const { remoteAddress } = caller;
  return new Request({ method: asked.method, path, headers, remoteAddress }, settings);
}

/** An address without its port: `127.0.0.1:5000`, `[::1]:5000`. */
export function hostOf(peer: string): string {
  const [, bracketed, plain] = /^(?:\[(.*)\]|(.*?))(?::\d+)?$/.exec(peer) ?? [];
  return bracketed ?? plain ?? peer;
}

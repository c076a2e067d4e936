import { Failure, type Frame, type Request } from '@ionosphere/core';
import type { HeaderPair } from '../http/exchange';
import { longPolling } from './long-polling';
import type { PollKind } from './poll-manner';

const transport: PollKind['transport'] = { ...longPolling.transport, name: 'jsonp' };

/** Nothing may take the answer for anything but a script: least of all for a page, where it would run. */
export const scriptHeaders: readonly HeaderPair[] = [
  ['Content-Type', 'application/javascript; charset=utf-8'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Accel-Buffering', 'no'],
];

/** Short, because a long one could be a file of another type whose bytes are all letters. */
const CALLBACK = /^[A-Za-z_$][\w$.]{0,127}$/;

/** Long-polling by script elements. Throws `bad-request` when what is to be called is no name of a function. */
export function jsonp(request: Request): PollKind {
  const callback = callbackOf(request);
  return { transport, headers: scriptHeaders, holds: true, wrap: (frames) => scriptOf(callback, frames) };
}

/** The function that the answer is to call. Throws `bad-request` when it has no name that could be one. */
export function callbackOf({ wire }: Request): string {
  const name = wire.jsonpCallback ?? '';
  if (!CALLBACK.test(name)) throw new Failure('bad-request', 'jsonpTransport must be the name of a function.');
  return name;
}

/** A script that calls a function with the frames, as one text. */
export function scriptOf(callback: string, frames: readonly Frame[]): string {
  const text = frames.map((frame) => (typeof frame === 'string' ? frame : Buffer.from(frame).toString())).join('');
  return `${callback}({"message" : ${literal(text)}});`;
}

const beyondJson: Readonly<Record<string, string>> = { '<': '\\u003C', '\u2028': '\\u2028', '\u2029': '\\u2029' };

/** Scripts before ES2019 end a line at U+2028 and U+2029. And a `</script` or `<!--` must not end one that is in a page. */
function literal(text: string): string {
  return JSON.stringify(text).replace(/[<\u2028\u2029]/g, (character) => beyondJson[character] ?? '');
}

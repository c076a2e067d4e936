import type { HttpResponse } from '../uws';

/** A request as another thread can have it. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
}

/** What one thread lets another one's response do. */
export type Step =
  | readonly ['status', string]
  | readonly ['header', string, string]
  | readonly ['write', string | Uint8Array]
  | readonly ['end', string | Uint8Array | undefined, boolean]
  | readonly ['endWithoutBody']
  | readonly ['close'];

/** Whether nothing comes after it. */
export function isLast([act]: Step): boolean {
  return act === 'end' || act === 'endWithoutBody' || act === 'close';
}

/** Does a step; false when there is no room for more. */
export function replayOn(res: HttpResponse, step: Step): boolean {
  switch (step[0]) {
    case 'status':
      res.writeStatus(step[1]);
      return true;
    case 'header':
      res.writeHeader(step[1], step[2]);
      return true;
    case 'write':
      return res.write(step[1]);
    case 'end':
      res.end(step[1], step[2]);
      return true;
    case 'endWithoutBody':
      res.endWithoutBody();
      return true;
    case 'close':
      res.close();
      return true;
  }
}

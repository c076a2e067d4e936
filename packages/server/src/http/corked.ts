import type { HttpResponse } from '../uws';

type Chunks = readonly (string | Uint8Array)[];

const none: Chunks = [];

/** What is being written. A closure for each of a thousand streams would be more memory than they touch. */
const writing: { res: HttpResponse | undefined; chunks: Chunks; taken: boolean } = {
  res: undefined,
  chunks: none,
  taken: true,
};

function write(): void {
  const { res, chunks } = writing;
  if (res) for (const chunk of chunks) writing.taken = res.write(chunk);
}

/** Writes to an answer that goes on, in one packet; tells whether all of it was taken. */
export function writeCorked(res: HttpResponse, chunks: Chunks): boolean {
  writing.taken = true;
  writing.res = res;
  writing.chunks = chunks;
  res.cork(write);
  writing.res = undefined;
  writing.chunks = none;
  return writing.taken;
}

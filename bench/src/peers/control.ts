import { createRequire } from 'node:module';
import type * as UWS from 'uws-lts';

/** What the bench asks of a peer, and what it says by itself. */
export type Question = 'cpu' | 'heap';
export type Answer = Ready | { readonly cpuMicros: number } | { readonly heapBytes: number };

/** What a peer says when it listens. */
export interface Ready {
  readonly port: number;
  /** CPU time of its start, in microseconds, where that is measured. */
  readonly startMicros?: { readonly imports: number; readonly serve: number };
}

/** Tells the bench where the server listens, answers its questions, and ends with it. */
export function serveBench(port: number, startMicros?: Ready['startMicros']): void {
  const answer = (message: Answer): void => void process.send?.(message);
  process.on('message', (question: Question) => {
    answer(question === 'cpu' ? { cpuMicros: cpuMicros() } : { heapBytes: liveHeapBytes() });
  });
  // An open socket of the native library would keep the process alive; a profile is written on exit.
  process.on('disconnect', () => process.exit());
  answer({ port, ...(startMicros && { startMicros }) });
}

/** CPU time of this process so far, in microseconds. */
export function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** What lives on the heap, once all that does not is gone. Needs the flag `--expose-gc`. */
function liveHeapBytes(): number {
  const { gc } = globalThis;
  if (!gc) throw new Error('the heap can only be measured with --expose-gc');
  // Twice, because what finalizers let go of is found by the second.
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

/** The very build of uWebSockets.js that the framework loads here, so that the two differ in nothing else. */
export function nativeOfFramework(): typeof UWS {
  const load = createRequire(require.resolve('@ionosphere/server'));
  for (const name of ['uWebSockets.js', 'uws-latest', 'uws-lts']) {
    try {
      const native = load(name) as Partial<typeof UWS>;
      if (typeof native.App === 'function') return native as typeof UWS;
    } catch {
      // The next one; the framework itself says in full what is missing when none loads.
    }
  }
  throw new Error('uWebSockets.js does not load here; run `npm start` for the reasons');
}

/** Starts listening on a free port of this machine. */
export function listen(native: typeof UWS, app: UWS.TemplatedApp, startMicros?: Ready['startMicros']): void {
  app.listen('127.0.0.1', 0, (socket) => {
    if (!socket) throw new Error("can't listen on 127.0.0.1");
    serveBench(native.us_socket_local_port(socket), startMicros);
  });
}

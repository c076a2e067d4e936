// Threads that broadcast as fast as they can, all at once, through the crossing alone. Each writes down what it sent and
// what it received, in the order in which it would deliver it. Prints, for each, how many there were, a hash, and how often the sender changed.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const load = createRequire(import.meta.url);
const { Crossing } = load('../../packages/server/dist/threads/crossing.js');
const { Ring } = load('../../packages/server/dist/threads/ring.js');
const { Turnstile } = load('../../packages/server/dist/threads/turnstile.js');

const THREADS = 3;
const MESSAGES = 4000;

if (isMainThread) {
  const shared = Turnstile.memory(THREADS);
  const ring = Ring.memory(THREADS);
  const go = new Int32Array(new SharedArrayBuffer(8));
  for (let thread = 0; thread < THREADS; thread++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: { thread, shared, ring, go } });
    worker.on('message', (line) => console.log(line));
    worker.on('error', (error) => console.log(`error ${error.stack}`));
  }
} else {
  const { thread, shared, ring, go } = workerData;
  const seen = [];
  const crossing = new Crossing({
    thread,
    channel: 'order',
    turnstile: new Turnstile(shared),
    ring,
    wants: () => true,
    receive: ({ payload }) => {
      seen.push(Buffer.from(payload).toString());
      finish();
    },
  });
  const finish = () => {
    if (seen.length < THREADS * MESSAGES) return;
    parentPort.postMessage(
      `order ${seen.length} ${createHash('sha256').update(seen.join()).digest('hex')} ${mixed()}.`,
    );
    crossing.close();
  };
  /** How often the next message is of another thread: one after the other would prove nothing. */
  const mixed = () => seen.filter((text, index) => text[0] !== seen[index + 1]?.[0]).length;
  // All begin together.
  Atomics.add(go, 0, 1);
  Atomics.notify(go, 0);
  while (Atomics.load(go, 0) < THREADS) Atomics.wait(go, 0, Atomics.load(go, 0), 10);
  let next = 0;
  const burst = () => {
    for (let i = 0; i < 5 && next < MESSAGES; i++, next++) {
      const text = `${thread}.${next}`;
      const payload = next % 7 === 0 ? Buffer.from(text) : text;
      crossing.cross({
        act: 'broadcast',
        id: '/a|b',
        payload,
        at: 1,
        key: next % 3 ? undefined : 'k|1',
        remembered: true,
      });
      seen.push(text);
    }
    if (next < MESSAGES) setImmediate(burst);
    finish();
  };
  burst();
}

/** How long what the clock said counts, in milliseconds, at least. */
const STALE = 50;

let known = -1;

/**
 * The second that it is, or was a moment ago: for what is looked at with every request, where a look at the clock would cost
 * more than all that it decides. While nobody asks there is no timer.
 */
export function recentSecond(): number {
  if (known < 0) {
    // A small number, which V8 keeps in the object that has it.
    known = Math.floor(Date.now() / 1000);
    setTimeout(() => void (known = -1), STALE).unref();
  }
  return known;
}

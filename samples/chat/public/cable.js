// A cable that can be pulled. Every connection that this page makes hangs on it, those of the client library included;
// pulling it ends them without a goodbye, and lets none be made for a while. The server and the library then see a loss like
// any other.
const { WebSocket: NativeWebSocket, fetch: nativeFetch } = window;

let cable = new AbortController();
let pulledUntil = 0;

const isPulled = () => Date.now() < pulledUntil;

window.WebSocket = class extends NativeWebSocket {
  constructor(...args) {
    if (isPulled()) throw new TypeError('the cable is pulled');
    super(...args);
    // No goodbye: those are 1000 (normal), 1001 (going away) and no code at all.
    cable.signal.addEventListener('abort', () => this.close(4000, 'cut'));
  }
};

window.fetch = async (input, init = {}) => {
  // The kind of error that a broken connection gives.
  if (isPulled()) throw new TypeError('the cable is pulled');
  const { signal } = cable;
  const early = new AbortController();
  const breakOff = () => early.abort(signal.reason);
  signal.addEventListener('abort', breakOff);
  try {
    const signals = init.signal ? [early.signal, init.signal] : [early.signal];
    const response = await nativeFetch(input, { ...init, signal: window.AbortSignal.any(signals) });
    return response.body ? new window.Response(response.body.pipeThrough(breakable(signal)), response) : response;
  } finally {
    signal.removeEventListener('abort', breakOff);
  }
};

/** Passes a body on until it ends, or breaks. An abort would not do: browsers report it as the page's own wish. */
function breakable(signal) {
  let breakOff;
  return new window.TransformStream({
    start: (body) => {
      breakOff = () => body.error(signal.reason);
      signal.addEventListener('abort', breakOff);
    },
    flush: () => signal.removeEventListener('abort', breakOff),
  });
}

/** Ends every connection of the page, and lets none be made for so long. */
export function pullCable(millis) {
  const old = cable;
  cable = new AbortController();
  pulledUntil = Date.now() + millis;
  old.abort(new TypeError('the cable was pulled'));
}

export function plugIn() {
  pulledUntil = 0;
}

// A cable that can be pulled. Every connection that this page makes hangs on it, those of atmosphere.js included; pulling
// it ends them without a goodbye. The server and the client library then see a loss like any other.
let cable = new AbortController();

const { WebSocket: NativeWebSocket, EventSource: NativeEventSource, fetch: nativeFetch } = window;

window.WebSocket = class extends NativeWebSocket {
  constructor(...args) {
    super(...args);
    // No goodbye: those are 1000 (normal), 1001 (going away) and no code at all.
    cable.signal.addEventListener('abort', () => this.close(4000, 'cut'));
  }
};

window.EventSource = class extends NativeEventSource {
  constructor(...args) {
    super(...args);
    cable.signal.addEventListener('abort', () => {
      if (this.readyState === NativeEventSource.CLOSED) return;
      this.close();
      this.dispatchEvent(new window.Event('error'));
    });
  }
};

window.fetch = async (input, init = {}) => {
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

/** Ends every connection of the page. New ones can be made at once. */
export function cutCable() {
  const old = cable;
  cable = new AbortController();
  // The kind of error that a broken connection gives.
  old.abort(new TypeError('the connection was cut'));
}

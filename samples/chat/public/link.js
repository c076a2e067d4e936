import { cutCable } from './cable.js'; // before the client, which must find the page's connections on the cable
import { Atmosphere } from './atmosphere.js';

const atmosphere = new Atmosphere({ logLevel: 'silent' });

/** Where to go when the first choice does not connect. It is the one that works wherever a page can be loaded. */
const FALLBACK = 'long-polling';
const RECONNECT_MILLIS = 1000;
/** For a loss on purpose: long enough for others to write something. */
const CUT_MILLIS = 6000;

/**
 * One subscription of atmosphere.js, as one object that can be closed at any time. Calls `up(transport)`, `down()` (it
 * tries to come back by itself), `failed()` (it will not), `fellBack()` and `message(object)`.
 */
export class Link {
  #url;
  /** Who is told; replaced when the link changes hands. */
  handlers;
  #subscription;
  /** The library's own copy of the request: what is changed in it has an effect. */
  #request;
  #closed = false;
  #verdict;
  uuid;

  constructor(url, transport, handlers) {
    this.#url = url;
    this.handlers = handlers;
    const request = {
      url,
      transport,
      fallbackTransport: FALLBACK,
      contentType: 'application/json',
      connectTimeout: 10_000,
    };
    const protocol = {
      enableProtocol: true,
      trackMessageLength: true,
      reconnect: true,
      reconnectInterval: RECONNECT_MILLIS,
    };
    const opened = (response) => this.#opened(response);
    atmosphere
      .subscribe(
        { ...request, ...protocol },
        {
          open: opened,
          reopen: opened,
          message: ({ responseBody }) => this.#tell('message', JSON.parse(responseBody)),
          close: () => this.#request && this.#tell('down'),
          reconnect: () => clearTimeout(this.#verdict),
          // Final for some transports; others try again, and say so at once.
          error: () => (this.#verdict = setTimeout(() => this.#tell('failed'), 300)),
          failureToReconnect: () => this.#tell('failed'),
          transportFailure: () => this.#tell('fellBack'),
        },
      )
      .then(
        (subscription) => {
          this.#subscription = subscription;
          this.#closeIfAsked();
        },
        () => this.#tell('failed'),
      );
  }

  push(message) {
    try {
      this.#subscription?.push(message);
    } catch {
      // The socket is gone and the library is about to say so. What was not confirmed is sent again then.
    }
  }

  /** Breaks the connection, and lets the library take its time before it comes back. */
  cut() {
    if (this.#request) this.#request.reconnectInterval = CUT_MILLIS;
    cutCable();
  }

  /** Leaves for good. */
  close() {
    clearTimeout(this.#verdict);
    this.#closed = true;
    this.#closeIfAsked();
  }

  #opened(response) {
    clearTimeout(this.#verdict);
    this.#request = response.request;
    this.#request.reconnectInterval = RECONNECT_MILLIS;
    this.#closeIfAsked();
    this.#tell('up', response.transport);
  }

  /** A subscription can only be closed when it is both there and open; before, closing has no effect that lasts. */
  #closeIfAsked() {
    if (!this.#closed || !this.#subscription || !this.#request) return;
    this.#request.closed = true; // or a WebSocket would reconnect although it was closed
    this.#subscription.close();
    if (this.uuid) goodbye(this.#url, this.uuid);
  }

  #tell(event, detail) {
    if (!this.#closed) this.handlers[event]?.(detail);
  }
}

/** Tells the server that the resource will not come back; it need not wait for it then. Works while the page unloads. */
function goodbye(url, uuid) {
  navigator.sendBeacon(`${url}&X-Atmosphere-Transport=close&X-Atmosphere-tracking-id=${uuid}`);
}

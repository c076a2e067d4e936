import { plugIn, pullCable } from './cable.js';
import { connect } from './client.js';

/** Where to go when the chosen transport does not connect: it works wherever a page can be loaded. */
const FALLBACK = 'long-polling';
/** For a loss on purpose: long enough for others to write something. */
const CUT_MILLIS = 4000;

/**
 * The page's connection to one room: a client, or two while one transport takes the place of another. The client keeps itself
 * connected; here is what the page wants besides.
 *
 * It calls `state(state, { transport, retryAt })` with `connecting`, `live`, `reconnecting` or `lost`, `message(object)`
 * for what the room says, and `notice(text)` for what the user should know.
 */
export class Connection {
  #listener;
  #url = '';
  #transport = '';
  #client;
  /** The client that takes over when the room has welcomed it: until then the old one goes on. */
  #next;
  #waits = 0;
  /** Lines that the room has not shown yet. */
  #unconfirmed = new Map();

  constructor(listener) {
    this.#listener = listener;
  }

  /** Goes to a room, and leaves the one before. */
  join(url, transport) {
    this.leave();
    this.#url = url;
    this.#transport = transport;
    this.#unconfirmed.clear();
    this.#listener.state('connecting', { transport });
    this.#attach(this.#connect([...new Set([transport, FALLBACK])]));
  }

  leave() {
    for (const client of [this.#client, this.#next]) client?.close();
    this.#client = this.#next = undefined;
  }

  /** Changes the transport. */
  use(transport) {
    if (this.#client?.state !== 'live') return this.join(this.#url, transport);
    this.#next?.close();
    const next = this.#connect([transport], { maxAttempts: 1 });
    this.#next = next;
    const stop = next.on('message', (message) => {
      if (message.type !== 'welcome') return;
      stop();
      const old = this.#client;
      this.#next = undefined;
      this.#attach(next);
      this.#show(next.status);
      old.close();
      this.#receive(message);
      for (const line of this.#unconfirmed.values()) this.#deliver(line);
    });
    next.closed.then(({ by }) => {
      if (this.#next !== next || by === 'client') return;
      this.#next = undefined;
      this.#listener.notice('That transport does not get through here.');
      this.#show(this.#client.status);
    });
  }

  /** Tries to connect now. */
  retry() {
    plugIn();
    this.#client?.retry();
  }

  cut() {
    pullCable(CUT_MILLIS);
  }

  /** Sends a line, now or when there is a connection. The room takes it once, however often it comes. */
  send(line) {
    this.#unconfirmed.set(line.id, line);
    this.#deliver(line);
  }

  #connect(transports, more = {}) {
    return connect(this.#url, { transports, rememberSeconds: 0, ...more });
  }

  #deliver(line) {
    this.#client?.send(line, { repeatable: true }).catch(({ code, message }) => {
      if (code !== 'closed') this.#listener.notice(message);
    });
  }

  #attach(client) {
    this.#client = client;
    const mine = (tell) => (given) => client === this.#client && tell(given);
    client.on(
      'state',
      mine((status) => this.#show(status)),
    );
    client.on(
      'message',
      mine((message) => this.#receive(message)),
    );
    client.closed.then(
      mine(({ by, error }) => {
        if (by !== 'client') this.#listener.notice(error.message);
      }),
    );
  }

  #receive(message) {
    this.#unconfirmed.delete(message.id);
    this.#listener.message(message);
  }

  #show({ state, transport, retryAt }) {
    if (state === 'live') {
      this.#waits = 0;
      if (transport !== this.#transport && !this.#next && transport === FALLBACK)
        this.#listener.notice(`That transport does not get through here; using ${transport}.`);
      this.#transport = transport;
      return this.#listener.state('live', { transport });
    }
    if (retryAt) this.#waits++;
    const lost = state === 'closed' || state === 'offline' || this.#waits > 1;
    const shown = lost ? 'lost' : state;
    this.#listener.state(shown, { transport: this.#transport, retryAt });
  }
}

import { Link } from './link.js';

const RETRY_SECONDS = [2, 4, 8, 15];
const RESEND_MILLIS = 5000;

/**
 * The page's connection to one room: keeps it, brings it back, changes its transport without missing anything, and sends
 * each line until the room has confirmed it.
 *
 * It calls `state(state, { transport, retryAt })` with `connecting`, `live`, `reconnecting` or `lost`, `message(object)`
 * for what the room says, and `notice(text)` for what the user should know.
 */
export class Connection {
  #listener;
  #url = '';
  #transport = '';
  #link;
  /** The link that takes over when the room has welcomed it: until then the old one goes on. */
  #next;
  #state = 'idle';
  #failures = 0;
  #retry;
  #unconfirmed = new Map();

  constructor(listener) {
    this.#listener = listener;
    // A POST can get lost while the connection stays: no callback tells of it.
    setInterval(() => this.#resend(), RESEND_MILLIS);
  }

  get state() {
    return this.#state;
  }

  /** Goes to a room, and leaves the one before. */
  join(url, transport) {
    this.leave();
    this.#url = url;
    this.#transport = transport;
    this.#unconfirmed.clear();
    this.#connect();
  }

  leave() {
    clearTimeout(this.#retry);
    this.#link?.close();
    this.#next?.close();
    this.#link = this.#next = undefined;
    this.#state = 'idle';
  }

  /** Changes the transport. */
  use(transport) {
    const before = this.#transport;
    this.#transport = transport;
    if (this.#state !== 'live') return this.retry();
    this.#next?.close();
    const refused = () => {
      this.#next?.close();
      this.#next = undefined;
      this.#transport = before;
      this.#listener.notice('That transport does not get through here.');
      this.#become('live');
    };
    const link = new Link(this.#url, transport, {
      failed: refused,
      fellBack: refused,
      message: (message) => {
        if (message.type !== 'welcome') return;
        const old = this.#link;
        this.#next = undefined;
        this.#attach(link);
        old?.close();
        this.#become('live');
        this.#receive(link, message);
      },
    });
    this.#next = link;
  }

  /** Tries to connect now. */
  retry() {
    clearTimeout(this.#retry);
    this.#link?.close();
    this.#connect();
  }

  cut() {
    this.#link?.cut();
  }

  /** Sends a line, now or when there is a connection, again and again until the room has it. */
  send(line) {
    this.#unconfirmed.set(line.id, line);
    if (this.#state === 'live') this.#link?.push(JSON.stringify(line));
  }

  /** The room takes a line once, however often it comes. */
  #resend() {
    if (this.#state !== 'live') return;
    for (const line of this.#unconfirmed.values()) this.#link?.push(JSON.stringify(line));
  }

  #connect() {
    const first = this.#state === 'idle' || this.#state === 'connecting';
    this.#become(first ? 'connecting' : this.#state === 'lost' ? 'lost' : 'reconnecting');
    this.#attach(new Link(this.#url, this.#transport, {}));
  }

  #attach(link) {
    this.#link = link;
    link.handlers = {
      up: (transport) => this.#up(transport),
      down: () => this.#become('reconnecting'),
      failed: () => this.#lost(),
      message: (message) => this.#receive(link, message),
    };
  }

  #receive(link, message) {
    if (message.type === 'welcome') link.uuid = message.uuid;
    this.#unconfirmed.delete(message.id);
    this.#listener.message(message);
  }

  #up(transport) {
    this.#failures = 0;
    if (transport !== this.#transport)
      this.#listener.notice(`That transport does not get through here; using ${transport}.`);
    this.#transport = transport;
    this.#become('live');
    this.#resend();
  }

  #lost() {
    this.#link?.close();
    this.#link = undefined;
    const seconds = RETRY_SECONDS[Math.min(this.#failures++, RETRY_SECONDS.length - 1)];
    this.#retry = setTimeout(() => this.retry(), seconds * 1000);
    this.#become('lost', Date.now() + seconds * 1000);
  }

  #become(state, retryAt) {
    this.#state = state;
    this.#listener.state(state, { transport: this.#transport, retryAt });
  }
}

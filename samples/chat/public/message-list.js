import { avatar, byId, element } from './dom.js';

/** Lines of one person stand together when they are not further apart than this. */
const GROUP_MILLIS = 3 * 60_000;
const NEAR_END = 80;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', hour: '2-digit', minute: '2-digit' });

/** The messages on the page. */
export class MessageList {
  #log = byId('log');
  #newer = byId('newer');
  #empty = byId('empty');
  #last;
  #pending = new Map();
  #divider;
  #unread = 0;

  constructor() {
    this.#newer.addEventListener('click', () => this.#toEnd());
    this.#log.addEventListener('scroll', () => this.#atEnd() && this.#nothingNewer(), { passive: true });
    // A keyboard that opens on a phone, or a line that wraps, must not hide the newest message.
    let follow = true;
    this.#log.addEventListener('scroll', () => (follow = this.#atEnd()), { passive: true });
    new window.ResizeObserver(() => follow && this.#toEnd()).observe(this.#log);
  }

  clear() {
    this.#log.replaceChildren(this.#empty);
    this.#pending.clear();
    this.#last = this.#divider = undefined;
    this.#nothingNewer();
  }

  /** A message of the room. One that was pending takes its place here. */
  add({ id, from, name, text, time }, own) {
    this.#pending.get(id)?.remove();
    this.#pending.delete(id);
    const goesOn = this.#last?.from === from && time - this.#last.time < GROUP_MILLIS;
    this.#last = { from, time };
    const at = new Date(time);
    const shown = at.toDateString() === new Date().toDateString() ? clock.format(at) : calendar.format(at);
    const line = element('article', { className: `line${own ? ' own' : ''}${goesOn ? ' goes-on' : ''}` });
    if (!own) line.append(avatar(name));
    line.append(
      element(
        'p',
        { className: 'byline' },
        element('span', { className: 'author' }, own ? 'You' : name),
        element('time', { datetime: at.toISOString() }, shown),
      ),
      element('p', { className: 'text', dir: 'auto', title: shown }, text),
    );
    this.#append(line, own);
  }

  /** A line of one's own that the room has not confirmed. */
  addPending({ id, text }) {
    const line = element(
      'article',
      { className: 'line own pending' },
      element('p', { className: 'text', dir: 'auto' }, text),
    );
    this.#pending.set(id, line);
    this.#append(line, true);
  }

  /** Something that happened. */
  note(text) {
    this.#last = undefined;
    this.#append(element('p', { className: 'note' }, text), false);
  }

  /** Announces messages that came while the page was away; called again, it changes their number. */
  missed(count) {
    const text = count === 1 ? '1 message while you were away' : `${count} messages while you were away`;
    if (!this.#divider) {
      this.#last = undefined;
      this.#divider = element('p', { className: 'missed' }, element('span'));
      this.#append(this.#divider, false);
    }
    this.#divider.firstChild.textContent = text;
  }

  /** The next announcement is a new one. */
  caughtUp() {
    this.#divider = undefined;
  }

  #append(node, own) {
    const follow = own || this.#atEnd();
    this.#empty.remove();
    const [firstPending] = this.#pending.values();
    // What is pending stays at the end: the room decides on the order.
    if (firstPending?.isConnected && !node.classList.contains('pending')) firstPending.before(node);
    else this.#log.append(node);
    if (follow) this.#toEnd();
    else if (node.classList.contains('line')) this.#showNewer(++this.#unread);
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#nothingNewer();
  }

  #showNewer(count) {
    this.#newer.textContent = count === 1 ? '1 new message' : `${count} new messages`;
    this.#newer.hidden = false;
  }

  #nothingNewer() {
    this.#unread = 0;
    this.#newer.hidden = true;
  }
}

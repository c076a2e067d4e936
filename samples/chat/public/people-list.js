import { avatar, byId, element } from './dom.js';

const badges = { websocket: 'WebSocket', sse: 'SSE', streaming: 'Streaming', 'long-polling': 'Polling' };

/** Who is in the room. */
export class PeopleList {
  #people = new Map();
  #me;

  /** Everybody, as the room's welcome says. */
  replace(people, me) {
    this.#people = new Map(people.map((person) => [person.id, person]));
    this.#me = me;
    this.#show();
  }

  set(person) {
    this.#people.set(person.id, person);
    this.#show();
  }

  delete({ id }) {
    this.#people.delete(id);
    this.#show();
  }

  #show() {
    const mine = (person) => person.id === this.#me;
    const sorted = [...this.#people.values()].sort(
      (a, b) => mine(b) - mine(a) || a.name.localeCompare(b.name) || a.id - b.id,
    );
    byId('people').replaceChildren(
      ...sorted.map((person) =>
        element(
          'li',
          {},
          avatar(person.name),
          element('span', { className: 'name', dir: 'auto', title: person.name }, person.name),
          ...(mine(person) ? [element('span', { className: 'you' }, 'you')] : []),
          element(
            'span',
            { className: 'badge', 'data-transport': person.transport },
            badges[person.transport] ?? person.transport,
          ),
        ),
      ),
    );
    for (const id of ['people-count', 'panel-count']) byId(id).textContent = sorted.length;
  }
}

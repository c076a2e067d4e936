import { Disconnect, Failure, ManagedService, Message, Ready, Resource, ResourceEvent } from '@ionosphere/server';
import type { Interceptor, Request } from '@ionosphere/server';
import { Length, Matches } from 'class-validator';

/** What a page sends. */
class Line {
  /** Chosen by the page: a line that it sends again after a loss is taken once. */
  @Matches(/^[\w-]{8,64}$/)
  id!: string;

  @Length(1, 500)
  @Matches(/\S/)
  text!: string;
}

interface Person {
  readonly id: number;
  readonly name: string;
  readonly transport: string | undefined;
}

/** How many lines somebody who comes in gets to read. */
const RECENT = 50;

/** The tab is a secret of its page: who comes back with it, over whatever transport, is the same person. */
const tabOf = (request: Request): string => request.query.get('tab') ?? '';
const nameOf = (request: Request): string => request.query.get('name') ?? '';

/** Lets in who has a name without control characters (some turn the text around them) and says which tab it is. */
const introduced: Interceptor = {
  connect(request, next) {
    if (/^(?=.*\S)\P{C}{1,40}$/u.test(nameOf(request)) && /^[\w-]{8,64}$/.test(tabOf(request))) return next(request);
    throw new Failure('bad-request', 'Come with a name of 1 to 40 characters, and a tab of 8 to 64.');
  },
};

/** One room: each path has an instance of its own. */
@ManagedService({ path: '/chat/{room}', interceptors: [introduced] })
export class Chat {
  readonly #here = new Map<string, { readonly person: Person; readonly resource: Resource }>();
  readonly #recent: (Line & { readonly from: number })[] = [];
  #arrivals = 0;

  @Ready()
  onReady({ resource, broadcaster, recovered, gap }: ResourceEvent): object {
    const tab = tabOf(resource.request);
    const known = this.#here.get(tab)?.person;
    const person = { id: known?.id ?? ++this.#arrivals, name: nameOf(resource.request), transport: resource.transport };
    this.#here.set(tab, { person, resource });
    broadcaster.broadcast({ type: known ? 'changed' : 'joined', person });
    const people = [...this.#here.values()].map((entry) => entry.person);
    const recent = recovered ? [] : this.#recent;
    // The uuid goes to its owner alone, who needs it to say goodbye.
    return { type: 'welcome', you: person.id, uuid: resource.uuid, people, recent, gap, time: Date.now() };
  }

  @Message()
  onMessage({ id, text }: Line, { request }: Resource): object | undefined {
    const person = this.#here.get(tabOf(request))?.person;
    if (!person || this.#recent.some((line) => line.id === id)) return undefined;
    const line = { type: 'message', id, text, from: person.id, name: person.name, time: Date.now() };
    this.#recent.push(line);
    if (this.#recent.length > RECENT) this.#recent.shift();
    return line;
  }

  @Disconnect()
  onDisconnect({ resource, broadcaster }: ResourceEvent): void {
    const entry = this.#here.get(tabOf(resource.request));
    if (entry?.resource !== resource) return; // the tab is here over a newer connection
    this.#here.delete(tabOf(resource.request));
    broadcaster.broadcast({ type: 'left', person: entry.person });
  }
}

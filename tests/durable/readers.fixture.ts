import { EventSource } from 'eventsource';
import { Client } from '../client.fixture';
import { Journal } from '../journal.fixture';

/** A client that collects numbers, and comes back by itself. */
export interface Reader {
  readonly name: string;
  readonly numbers: Journal<number>;
  /** The tracking id; undefined when the client does not know it. */
  readonly id: string | undefined;
  close(): void | Promise<void>;
}

/** The EventSource of npm: it knows nothing of this server, and sends Last-Event-ID when it comes back. */
export class EventSourceReader implements Reader {
  readonly name = 'EventSource';
  readonly numbers = new Journal<number>();
  readonly #source: EventSource;
  #lastEventId = '';

  private constructor(url: string) {
    this.#source = new EventSource(url);
    this.#source.onmessage = ({ data, lastEventId }) => {
      this.#lastEventId = lastEventId;
      this.numbers.push(Number(data));
    };
  }

  static async open(url: string): Promise<EventSourceReader> {
    const reader = new EventSourceReader(url);
    await new Promise((resolve) => (reader.#source.onopen = resolve));
    return reader;
  }

  get id(): string | undefined {
    return this.#lastEventId.split('/')[0];
  }

  close(): void {
    this.#source.close();
    // It arms its retry after an error even if it was closed meanwhile.
    setImmediate(() => this.#source.close());
  }
}

/** Server-sent events as they come over the wire, read by hand; comes back at once, again and again. */
export class StreamReader implements Reader {
  readonly name = 'raw event stream';
  readonly numbers = new Journal<number>();
  readonly #abort = new AbortController();
  #lastEventId = '';

  private constructor(private readonly url: string) {}

  static async open(url: string): Promise<StreamReader> {
    const reader = new StreamReader(url);
    await new Promise<void>((resolve) => void reader.#run(resolve));
    return reader;
  }

  get id(): string | undefined {
    return this.#lastEventId.split('/')[0];
  }

  close(): void {
    this.#abort.abort();
  }

  async #run(opened: () => void): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#read(opened);
      } catch {
        // The server is gone, and may be back in a moment.
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #read(opened: () => void): Promise<void> {
    const headers = { accept: 'text/event-stream', ...(this.#lastEventId && { 'last-event-id': this.#lastEventId }) };
    const { body } = await fetch(this.url, { headers, signal: this.#abort.signal });
    opened();
    let text = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (text + chunk).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) this.#take(event);
    }
  }

  #take(event: string): void {
    const data = /^data:(\d+)$/m.exec(event)?.[1];
    this.#lastEventId = /^id: ?(.*)$/m.exec(event)?.[1] ?? this.#lastEventId;
    if (data !== undefined) this.numbers.push(Number(data));
  }
}

/** The unmodified atmosphere.js: it has an id, and can't say where it is. */
export class AtmosphereReader implements Reader {
  readonly name = 'atmosphere.js over WebSocket';
  readonly numbers = new Journal<number>();
  readonly id = undefined;

  private constructor(private readonly client: Client) {
    const { messages } = client;
    messages.push = (message) => {
      Object.getPrototypeOf(messages).push.call(messages, message);
      this.numbers.push(Number(message));
    };
  }

  static async open(url: string): Promise<AtmosphereReader> {
    const options = { transport: 'websocket', fallbackTransport: 'websocket', track: true, reconnect: true } as const;
    const client = await Client.open(url, { ...options, reconnectInterval: 20, maxReconnectOnClose: 10_000 });
    return new AtmosphereReader(client);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** Long polls by hand, as atmosphere.js makes them: it would give up when the server can't be reached once. */
export class PollReader implements Reader {
  readonly name = 'long polls';
  readonly numbers = new Journal<number>();
  readonly #abort = new AbortController();
  id: string | undefined;

  private constructor(private readonly url: string) {}

  static async open(url: string): Promise<PollReader> {
    const reader = new PollReader(url);
    // Without the protocol there is no handshake: the answer's header has the id, once the poll is held.
    void reader.#run();
    while (reader.id === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    return reader;
  }

  close(): void {
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#poll();
      } catch {
        // The server is gone, and may be back in a moment.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  async #poll(): Promise<void> {
    const query = new URLSearchParams({
      'X-Atmosphere-Transport': 'long-polling',
      'X-Atmosphere-tracking-id': this.id ?? '0',
      'X-Atmosphere-Framework': '5.0.7',
      'X-Atmosphere-TrackMessageSize': 'true',
    });
    const answer = await fetch(`${this.url}?${query.toString()}`, { signal: this.#abort.signal });
    this.id = answer.headers.get('x-atmosphere-tracking-id') ?? this.id;
    const text = await answer.text();
    for (let rest = text.replace('\uFEFF', ''); rest !== '';) {
      const bar = rest.indexOf('|');
      const end = bar + 1 + Number(rest.slice(0, bar));
      this.numbers.push(Number(rest.slice(bar + 1, end)));
      rest = rest.slice(end);
    }
  }
}

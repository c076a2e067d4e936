import { Atmosphere, type AtmosphereRequest, type Subscription } from 'atmosphere.js';
import { EventSource } from 'eventsource';
import { WebSocket } from 'ws';
import { Journal } from './journal.fixture';

/** The EventSource of npm arms its retry after `onerror`, even if that closed it; the timer would keep the process. */
class TidyEventSource extends EventSource {
  override close(): void {
    super.close();
    setImmediate(() => super.close());
  }
}

// What Node lacks of what a browser has; fetch is there.
Object.assign(globalThis, { WebSocket, EventSource: TidyEventSource });

export const transports = ['websocket', 'sse', 'streaming', 'long-polling'] as const;
export type ClientTransport = (typeof transports)[number];

/** Every transport, with and without a length in front of each message. */
export const wires = transports.flatMap((transport) =>
  [true, false].map((track) => ({ transport, track, wire: `${transport}, ${track ? 'tracked' : 'untracked'}` })),
);

/** Something that the client library called back. */
export interface ClientEvent {
  readonly type: 'open' | 'reopen' | 'close' | 'error' | 'reconnect' | 'failureToReconnect' | 'transportFailure';
  readonly transport: string | undefined;
  readonly detail?: unknown;
}

type Options = Partial<AtmosphereRequest> & { readonly transport: ClientTransport; readonly track?: boolean };

const opened = new Set<Client>();

/** The unmodified client from npm, and what it calls back. */
export class Client {
  readonly events = new Journal<ClientEvent>();
  readonly messages = new Journal<string | ArrayBuffer>();
  readonly #atmosphere = new Atmosphere({ logLevel: 'silent' });
  #subscription: Subscription | undefined;
  #request: AtmosphereRequest | undefined;

  /** Connects, with the Atmosphere protocol unless told otherwise, and waits for the library's `open`. */
  static async open(url: string, { track, ...options }: Options): Promise<Client> {
    const client = new Client();
    opened.add(client);
    const request = { url, enableProtocol: true, ...(track && { trackMessageLength: true }), ...options };
    client.#subscription = await client.#atmosphere.subscribe<string | ArrayBuffer>(request, {
      message: ({ responseBody }) => client.messages.push(responseBody),
      open: (response) => {
        client.#request = response.request;
        client.#note('open', response.transport);
      },
      reopen: ({ transport }) => client.#note('reopen', transport),
      close: ({ transport, status, reasonPhrase }) => client.#note('close', transport, { status, reasonPhrase }),
      error: (error) => client.#note('error', undefined, error.message),
      reconnect: ({ transport }) => client.#note('reconnect', transport),
      failureToReconnect: ({ transport }) => client.#note('failureToReconnect', transport),
      transportFailure: (reason, { transport }) => client.#note('transportFailure', transport, reason),
    });
    await client.events.until(() => client.count('open') > 0, 'the client calls open');
    return client;
  }

  /** Closes every client that is still there. */
  static async closeAll(): Promise<void> {
    await Promise.all([...opened].map((client) => client.close()));
  }

  /** Messages as text, in one piece: for a wire that keeps the characters but not where one message ends. */
  get text(): string {
    return this.messages.entries.filter((message) => typeof message === 'string').join('');
  }

  push(message: string | object | ArrayBuffer): void {
    this.#subscription?.push(message);
  }

  count(type: ClientEvent['type']): number {
    return this.events.entries.filter((event) => event.type === type).length;
  }

  /** Waits for that many messages in all, and gives them. */
  async received(count: number, millis?: number): Promise<readonly (string | ArrayBuffer)[]> {
    await this.messages.until((messages) => messages.length >= count, `${count} messages`, millis);
    return this.messages.entries;
  }

  /** Waits for that much text in all, whatever pieces it comes in. */
  async receivedText(length: number, millis?: number): Promise<string> {
    await this.messages.until(() => this.text.length >= length, `text of ${length} characters`, millis);
    return this.text;
  }

  async close(): Promise<void> {
    opened.delete(this);
    // Otherwise the library reconnects a WebSocket that its user closed.
    if (this.#request) this.#request.closed = true;
    await this.#subscription?.close();
  }

  /** Closes as applications do, whatever the library makes of it. */
  async closePlainly(): Promise<void> {
    opened.delete(this);
    await this.#subscription?.close();
  }

  #note(type: ClientEvent['type'], transport: string | undefined, detail?: unknown): void {
    this.events.push({ type, transport, ...(detail !== undefined && { detail }) });
  }
}

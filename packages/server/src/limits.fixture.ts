import { once } from 'node:events';
import { DeliverTo, Disconnect, Get, ManagedService, Message, Ready, Resource, silentLogger } from '@ionosphere/core';
import WebSocket from 'ws';
import { RawHttp } from './raw-http.fixture';
import { serve, type ServeOptions, type Server } from './serve';

/** Something that a test waits for: each call is one, in order. */
export class Signal<T> {
  readonly #came: T[] = [];
  #wake: () => void = () => undefined;

  give(value: T): void {
    this.#came.push(value);
    this.#wake();
  }

  forget(): void {
    this.#came.length = 0;
  }

  async next(): Promise<T> {
    while (this.#came.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#came.shift() as T;
  }
}

/** Resources that are ready, and that are gone. */
export const ready = new Signal<Resource>();
export const gone = new Signal<string>();

@ManagedService('/room')
export class Room {
  @Ready() onReady(resource: Resource): void {
    ready.give(resource);
  }

  @Disconnect() onDisconnect(resource: Resource): void {
    gone.give(resource.uuid);
  }

  /** `join <names>` subscribes, `wait` never ends, all else is echoed to its sender. */
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(text: string, resource: Resource): string | Promise<string> {
    const [word, ...names] = text.split(' ');
    if (word === 'wait') return new Promise(() => undefined);
    if (word !== 'join') return text;
    for (const name of names) resource.subscribe(server.app.broadcasters.lookup(`/topic/${name}`));
    return 'joined';
  }
}

/** Resolved by the test: lets a GET go on. */
export const gates = new Signal<() => void>();

@ManagedService('/asked')
export class Asked {
  @Get() onGet(): Promise<void> {
    return new Promise((resolve) => gates.give(resolve));
  }
}

let server: Server;

export async function start(options: Partial<ServeOptions>): Promise<Server> {
  for (const signal of [ready, gone, gates]) signal.forget();
  server = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Room, Asked],
    signals: [],
    logger: silentLogger,
    ...options,
  });
  return server;
}

export const stop = (): Promise<void> => server.stop({ deadlineSeconds: 0 });

/** How often a limit was reached, and the failure told. */
export function counted(limit: string, code: string): [number | undefined, number | undefined] {
  const { limits, failures } = server.app.counters.snapshot();
  return [new Map(Object.entries(limits)).get(limit), new Map(Object.entries(failures)).get(code)];
}

/** What a client was told that got no connection. */
export interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfter: string | undefined;
}

/** A WebSocket client that keeps what it got. */
export class Socket {
  readonly messages = new Signal<string>();
  readonly closed: Promise<number>;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.messages.give(data.toString()));
    this.closed = once(socket, 'close').then(([code]) => code as number);
  }

  /** Opens one; what the server answers instead of an upgrade is the value. */
  static async open(path = '/room', headers: Record<string, string> = {}): Promise<Socket | Refusal> {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    const client = new Socket(socket);
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve(client));
      socket.on('error', reject);
      socket.on('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve(refusal(response.statusCode ?? 0, body, response.headers['retry-after'])));
      });
    });
  }

  static async connected(headers: Record<string, string> = {}): Promise<Socket> {
    const client = await Socket.open('/room', headers);
    if (client instanceof Socket) return client;
    throw new Error(`refused: ${JSON.stringify(client)}`);
  }

  /** Sends, and gives as many answers. */
  async say(...texts: string[]): Promise<string[]> {
    for (const text of texts) this.socket.send(text);
    const answers: string[] = [];
    for (const _ of texts) answers.push(codeOf(await this.messages.next()));
    return answers;
  }
}

/** The code of a failure, or the text itself. */
export function codeOf(text: string): string {
  return text.startsWith('{"error"') ? (JSON.parse(text) as { error: { code: string } }).error.code : text;
}

function refusal(status: number, body: string, retryAfter: string | undefined): Refusal {
  return { status, code: codeOf(body), retryAfter };
}

/** Opens an event stream, or is refused. The stream stays until the connection is destroyed. */
export async function stream(headers: Record<string, string> = {}, query = ''): Promise<Refusal & { http: RawHttp }> {
  const http = new RawHttp(server.port);
  const { status, headers: got, body } = await http.request(`GET /room?X-Atmosphere-Transport=sse${query}`, headers);
  return { ...refusal(status, body, got.get('retry-after')?.[0]), http };
}

export async function post(body: string, query = '', headers: Record<string, string> = {}): Promise<Refusal> {
  const answer = await fetch(`${server.url}/room${query}`, { method: 'POST', body, headers });
  return refusal(answer.status, await answer.text(), answer.headers.get('retry-after') ?? undefined);
}

import type { IncomingMessage } from 'node:http';
import { EventReader } from './event-reader.fixture';
import { HttpClient } from './http-client.fixture';

/** An EventSource that knows nothing of Atmosphere's protocol: it comes back with `Last-Event-ID`, and with nothing else. */
export class EventSourceClient extends HttpClient {
  protected readonly transport = 'sse';
  #lastEventId: string | undefined;

  protected override parameters(): Record<string, string> {
    return {};
  }

  protected open(attempt: number): void {
    const known: Record<string, string> = this.#lastEventId === undefined ? {} : { 'Last-Event-ID': this.#lastEventId };
    this.get(attempt, { Accept: 'text/event-stream', ...known });
  }

  protected answered(response: IncomingMessage, attempt: number): void {
    // What it needs to speak by POST; an EventSource of a browser could not read it.
    this.uuid = String(response.headers['x-atmosphere-tracking-id']);
    const events = new EventReader();
    const decoder = new TextDecoder();
    response.on('data', (chunk: Buffer) => {
      for (const { data, lastEventId } of events.read(decoder.decode(chunk, { stream: true }))) {
        this.take(data, attempt);
        this.#lastEventId = lastEventId ?? this.#lastEventId;
      }
    });
    response.on('end', () => this.over(attempt, 'broken'));
  }
}

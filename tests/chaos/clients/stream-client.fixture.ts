import type { IncomingMessage } from 'node:http';
import { LengthPrefixReader } from '@ionosphere/protocol';
import { EventReader } from './event-reader.fixture';
import { HttpClient } from './http-client.fixture';

/** atmosphere.js over SSE and over streaming. */
export class StreamClient extends HttpClient {
  protected override get transport(): string {
    return this.settings.kind.startsWith('sse') ? 'sse' : 'streaming';
  }

  protected open(attempt: number): void {
    this.get(attempt);
  }

  protected answered(response: IncomingMessage, attempt: number): void {
    const lengths = new LengthPrefixReader();
    const tracked = this.settings.kind.includes(', tracked');
    const unframed = (text: string): string[] => (tracked ? lengths.read(text) : [text]);
    const events = new EventReader();
    const decoder = new TextDecoder();
    response.on('data', (chunk: Buffer) => {
      const text = decoder.decode(chunk, { stream: true });
      const texts = this.transport === 'sse' ? events.read(text).flatMap(({ data }) => unframed(data)) : unframed(text);
      for (const one of texts) this.take(one, attempt);
    });
    response.on('end', () => this.over(attempt, 'broken'));
  }
}

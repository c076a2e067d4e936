import type { IncomingMessage } from 'node:http';
import { LengthPrefixReader } from '@ionosphere/protocol';
import { HttpClient } from './http-client.fixture';

/** atmosphere.js over long-polling and JSONP, and a client that asks again and again. */
export class PollClient extends HttpClient {
  protected override get transport(): string {
    const [name = ''] = this.settings.kind.split(',');
    return name;
  }

  protected override get pauseMillis(): number {
    return this.transport === 'polling' ? 150 : 0;
  }

  protected override parameters(): Record<string, string> {
    const callback: Record<string, string> = this.transport === 'jsonp' ? { jsonpTransport: 'atmosphere1' } : {};
    return { ...super.parameters(), ...callback };
  }

  protected open(attempt: number): void {
    this.get(attempt);
  }

  protected answered(response: IncomingMessage, attempt: number): void {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      // A poller learns its uuid from the header alone.
      if (this.transport === 'polling') this.uuid = String(response.headers['x-atmosphere-tracking-id']);
      const body = new TextDecoder().decode(Buffer.concat(chunks));
      for (const text of this.#texts(body)) this.take(text, attempt);
      this.over(attempt, 'whole');
    });
  }

  #texts(body: string): string[] {
    const text = this.transport === 'jsonp' ? textOfScript(body) : body;
    if (text === '') return [];
    return this.settings.kind.includes(', tracked') ? new LengthPrefixReader().read(text) : [text];
  }
}

/** What an answer of JSONP calls the page with. */
function textOfScript(script: string): string {
  const [, json] = /^atmosphere1\((.*)\);$/s.exec(script) ?? [];
  return json === undefined ? script : (JSON.parse(json) as { message: string }).message;
}

import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Said } from '../history.fixture';
import { ChaosClient, type ClientSettings } from './chaos-client.fixture';

/** How long an answer to a message may take, in milliseconds. */
const ANSWER_MILLIS = 5000;

/** What the clients of SSE, streaming and polling have in common: they connect by GET, and speak by POST. */
export abstract class HttpClient extends ChaosClient {
  readonly #agent: Agent;
  #request: ClientRequest | undefined;

  constructor(settings: ClientSettings) {
    super(settings);
    // Polls go over a connection that stays, as in a browser.
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Name of the transport, as the client calls it. */
  protected abstract readonly transport: string;

  protected parameters(): Record<string, string> {
    const tracks = this.settings.kind.includes(', tracked');
    return {
      'X-Atmosphere-tracking-id': this.uuid ?? '0',
      'X-Atmosphere-Framework': '5.0.45',
      'X-Atmosphere-Transport': this.transport,
      'X-atmo-protocol': 'true',
      ...(tracks && { 'X-Atmosphere-TrackMessageSize': 'true' }),
      ...this.position,
    };
  }

  /** Sends the request of an attempt; what comes back goes to `answered`, or the attempt is over. */
  protected get(attempt: number, headers: Readonly<Record<string, string>> = {}): void {
    const path = this.query(this.parameters(), attempt);
    const sent = request({ host: '127.0.0.1', port: this.settings.port, path, headers, agent: this.#agent });
    this.#request = sent;
    sent.on('response', (response) => {
      this.alive(attempt);
      response.on('data', () => this.alive(attempt));
      response.on('error', () => undefined);
      response.on('close', () => {
        if (!response.complete) this.over(attempt, 'broken');
      });
      if (response.statusCode === 200) return this.answered(response, attempt);
      this.refusals.push(String(response.statusCode));
      // Its resource is unknown: atmosphere.js begins anew.
      if (response.statusCode === 404) this.uuid = undefined;
      response.resume();
      response.on('end', () => this.over(attempt, 'broken'));
    });
    sent.on('error', () => this.over(attempt, 'broken'));
    sent.end();
  }

  protected abstract answered(response: IncomingMessage, attempt: number): void;

  protected drop(): void {
    this.#request?.destroy();
  }

  override stop(): void {
    super.stop();
    this.#agent.destroy();
  }

  protected send(said: Said): void {
    if (this.uuid === undefined) return;
    const { client, path, port } = this.settings;
    const { transport, uuid } = this;
    const query = new URLSearchParams({
      client,
      'X-Atmosphere-tracking-id': uuid,
      'X-Atmosphere-Framework': '5.0.45',
      'X-Atmosphere-Transport': transport,
    });
    const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
    const posted = request(
      { host: '127.0.0.1', port, path: `${path}?${query.toString()}`, method: 'POST', headers, agent: false },
      (response) => {
        said.outcome = response.statusCode === 200 ? 'answered' : 'refused';
        response.resume();
        response.on('error', () => undefined);
      },
    );
    posted.setTimeout(ANSWER_MILLIS, () => posted.destroy());
    posted.on('error', () => undefined);
    posted.end(said.text);
  }
}

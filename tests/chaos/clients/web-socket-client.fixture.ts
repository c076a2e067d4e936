import { LengthPrefixReader } from '@ionosphere/protocol';
import { WebSocket } from 'ws';
import type { Said } from '../history.fixture';
import { ChaosClient } from './chaos-client.fixture';

/** atmosphere.js over WebSocket, and a plain WebSocket, which has no uuid. */
export class WebSocketClient extends ChaosClient {
  #socket: WebSocket | undefined;

  protected open(attempt: number): void {
    const { port, kind } = this.settings;
    const tracks = kind.includes(', tracked');
    const parameters = {
      'X-Atmosphere-tracking-id': this.uuid ?? '0',
      'X-Atmosphere-Framework': '5.0.45',
      'X-Atmosphere-Transport': 'websocket',
      'X-atmo-protocol': 'true',
      ...(tracks && { 'X-Atmosphere-TrackMessageSize': 'true' }),
      ...this.position,
    };
    const query = this.query(kind.includes('plain') ? {} : parameters, attempt);
    const socket = new WebSocket(`ws://127.0.0.1:${port}${query}`, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.alive(attempt);
      this.take(this.#unframed(data.toString()), attempt);
    });
    socket.on('ping', () => this.alive(attempt));
    socket.on('open', () => this.alive(attempt));
    socket.on('error', () => undefined);
    socket.on('close', () => this.over(attempt, 'broken'));
  }

  #unframed(frame: string): string {
    if (!this.settings.kind.includes(', tracked')) return frame;
    // One that is not whole comes to light as no message.
    return new LengthPrefixReader().read(frame).join('');
  }

  protected drop(): void {
    this.#socket?.terminate();
  }

  /** There is no answer to a message over WebSocket, so its outcome is not known. */
  protected send({ text }: Said): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }
}

import { serve, WebSocketHandlerService } from '@ionosphere/server';
import type { Server, WebSocket, WebSocketHandler } from '@ionosphere/server';

/** Pings every client twice a second and tells it how far away it is. */
@WebSocketHandlerService({ path: '/rtt', autoPing: { interval: 0.5, body: () => crypto.randomUUID() } })
export class RoundTrips implements WebSocketHandler {
  onTextMessage(webSocket: WebSocket, text: string): void {
    webSocket.write(text.toUpperCase());
  }

  onRoundTrip(webSocket: WebSocket, millis: number): void {
    webSocket.write({ roundTripMillis: millis });
  }
}

export function start(port: number): Promise<Server> {
  return serve({ port, services: [RoundTrips] });
}

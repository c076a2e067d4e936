import type { Promised } from '../history.fixture';
import { ChaosClient, type ClientSettings } from './chaos-client.fixture';
import { EventSourceClient } from './event-source-client.fixture';
import { PollClient } from './poll-client.fixture';
import { StreamClient } from './stream-client.fixture';
import { WebSocketClient } from './web-socket-client.fixture';

/** A kind of client, and what it may rely on. */
export interface Kind {
  readonly name: string;
  readonly promised: Promised;
  /** The same at a service that delivers at least once, where that is another thing. */
  readonly promisedAtLeastOnce?: Promised;
  readonly make: new (settings: ClientSettings) => ChaosClient;
  /** Whether it can come back as who it was. */
  readonly returns: boolean;
}

type Make = Kind['make'];

/** One that acknowledges nothing: a connection that goes on for long enough has delivered what it took. */
function lasting(name: string, make: Make, returns = true): Kind {
  return { name, promised: 'at-most-once', promisedAtLeastOnce: 'at-least-once', make, returns };
}

/** One whose answers are taken for delivered when they were written, whatever the service has chosen. */
function polling(name: string): Kind {
  const promisedAtLeastOnce = 'at-least-once, polling';
  return { name, promised: 'at-most-once', promisedAtLeastOnce, make: PollClient, returns: true };
}

/** One that says where it is when it comes back. */
function exact(name: string, make: Make): Kind {
  return { name, promised: 'exactly-once', make, returns: true };
}

/** All kinds. A name begins with the transport. */
export const kinds: readonly Kind[] = [
  lasting('websocket, tracked', WebSocketClient),
  lasting('websocket, untracked', WebSocketClient),
  lasting('websocket, plain', WebSocketClient, false),
  lasting('sse, tracked', StreamClient),
  lasting('sse, untracked', StreamClient),
  lasting('streaming, tracked', StreamClient),
  polling('long-polling, tracked'),
  polling('long-polling, untracked'),
  polling('jsonp, tracked'),
  polling('polling, tracked'),
  exact('sse, plain', EventSourceClient),
  exact('websocket, tracked, positions', WebSocketClient),
  exact('sse, untracked, positions', StreamClient),
  exact('streaming, tracked, positions', StreamClient),
  exact('long-polling, tracked, positions', PollClient),
  exact('jsonp, tracked, positions', PollClient),
];

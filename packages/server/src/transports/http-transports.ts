import { Failure, transportNamed, type Request } from '@ionosphere/core';
import type { StreamKind } from './http-stream';
import { jsonp } from './jsonp';
import { longPolling } from './long-polling';
import type { PollKind } from './poll-manner';
import { polling } from './polling';
import { identifiedSse, sse } from './sse';
import { streaming } from './streaming';

/** How a transport that needs no upgrade speaks. Throws a `Failure` when it can't be had. */
export function kindOf(name: string, request: Request): PollKind | StreamKind {
  switch (transportNamed(name)) {
    case 'sse':
      return request.wire.protocol || request.wire.positions ? sse : identifiedSse;
    case 'streaming':
      return streaming;
    case 'long-polling':
      return longPolling;
    case 'polling':
      return polling;
    case 'jsonp':
      return jsonp(request);
    case 'websocket':
      throw new Failure('upgrade-required');
    default:
      throw new Failure(
        'unknown-transport',
        'There is no such transport: use websocket, sse, streaming, long-polling, polling or jsonp.',
      );
  }
}

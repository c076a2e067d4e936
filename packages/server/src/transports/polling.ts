import { longPolling } from './long-polling';
import type { PollKind } from './poll-manner';

/**
 * A request that is answered at once, with what there is. Its client never reads a handshake: it learns its id from the
 * header of the first answer, if at all.
 */
export const polling: PollKind = {
  ...longPolling,
  transport: { ...longPolling.transport, name: 'polling', handshake: false },
  holds: false,
};

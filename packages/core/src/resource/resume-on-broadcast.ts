import type { ResourceListener } from './resource-listener';

/** Resumes a resource when it got a broadcast: those of the same turn are written first. A poll ends by itself. */
export const resumesOnBroadcast: ResourceListener = {
  onBroadcast({ resource }) {
    queueMicrotask(() => {
      if (resource.state === 'ready' && !resource.out.connection?.transport.oneShot) resource.resume();
    });
  },
};

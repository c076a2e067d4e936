import type { Logger } from '../logger';
import type { Provided } from '../declaration/metadata';
import { listed, type Port } from '../settings/ports';
import { ResourceEvent, type ResourceEventFacts, type ResourceEventType } from './resource-event';
import type { Resource } from './resource';
import { reporting } from '../time/settle';

/** Told of what happens to a resource. Each callback is optional; one that throws, or rejects, is logged and disturbs nobody. */
export interface ResourceListener {
  /** The resource is about to get messages: nothing was written to its connection yet. */
  onPreSuspend?(event: ResourceEvent): void;
  /** The resource is connected and gets messages. */
  onSuspend?(event: ResourceEvent): void;
  /** The resource was resumed, or its time was over. */
  onResume?(event: ResourceEvent): void;
  /** The client's heartbeat came. */
  onHeartbeat?(event: ResourceEvent): void;
  /** The client left, or vanished and did not come back. */
  onDisconnect?(event: ResourceEvent): void;
  /** A broadcast is on its way to the resource: `event.message` is the value, after the filters for all. Costs a call per receiver and broadcast. */
  onBroadcast?(event: ResourceEvent): void;
  /** Something failed: `event.throwable`. */
  onThrowable?(event: ResourceEvent): void;
  /** A ping of `autoPing` was answered: `event.roundTripMillis`. */
  onRoundTrip?(event: ResourceEvent): void;
  /** The application closed the resource. `onDisconnect` is not called then. */
  onClose?(event: ResourceEvent): void;
}

export const resourceListenerPort: Port<ResourceListener> = {
  is: 'a listener of resources',
  methods: [
    'onPreSuspend',
    'onSuspend',
    'onResume',
    'onHeartbeat',
    'onDisconnect',
    'onBroadcast',
    'onThrowable',
    'onRoundTrip',
    'onClose',
  ],
  any: true,
};

/**
 * Gives the listeners for a new resource. Objects are shared by all resources; classes are constructed for each. Without
 * classes the list is made once.
 */
export function listenersOf(
  service: string,
  shared: readonly ResourceListener[],
  own: readonly Provided<ResourceListener>[] | undefined,
  provide: (provided: Provided<ResourceListener>) => ResourceListener,
): () => readonly ResourceListener[] {
  const all = [...shared, ...listed(`${service}: listeners`, own, resourceListenerPort)];
  if (all.some((listener) => typeof listener === 'function')) return () => all.map(provide);
  return () => all as ResourceListener[];
}

/** The listeners of one resource. Made when they are to be told: most of the time there is nothing to tell. */
export class ResourceListeners {
  constructor(
    private readonly resource: Resource,
    private readonly logger: Logger,
    private readonly all: readonly ResourceListener[],
  ) {}

  /** Tells all of them; gives the event that they were told. */
  tell(callback: keyof ResourceListener, type: ResourceEventType, facts?: ResourceEventFacts): ResourceEvent {
    const event = new ResourceEvent(type, this.resource, facts);
    for (const listener of this.all) {
      reporting(
        () => listener[callback]?.(event),
        (cause) => this.logger.error(`A listener's ${callback} failed`, { uuid: this.resource.uuid, cause }),
      );
    }
    return event;
  }

  /** What a broadcaster calls with each message; undefined when no listener wants to know. */
  watcher(): ((message: unknown) => void) | undefined {
    if (!this.all.some((listener) => 'onBroadcast' in listener)) return undefined;
    return (message) => void this.tell('onBroadcast', 'broadcast', { message });
  }
}

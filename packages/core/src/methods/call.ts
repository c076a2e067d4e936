import type { Payload } from '@ionosphere/protocol';
import type { Failure } from '../errors';
import type { Endpoint } from '../service/endpoint';
import type { Resource } from '../resource/resource';
import type { ResourceEvent } from '../resource/resource-event';

/** One call of a service's method: what its parameters are filled from, and what interceptors see. */
export class Call {
  /** The payload as it came; empty when no message caused the call. */
  readonly payload: Payload;
  /** The decoded and validated message. An interceptor may replace it. */
  value: unknown = undefined;
  failure: Failure | undefined = undefined;

  constructor(
    readonly endpoint: Endpoint,
    readonly resource: Resource,
    payload: Payload = '',
    readonly event: ResourceEvent | undefined = undefined,
  ) {
    this.payload = payload;
  }
}

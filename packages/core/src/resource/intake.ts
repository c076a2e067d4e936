import type { Payload } from '@ionosphere/protocol';
import type { Context } from './context';
import { Failure } from '../errors';
import { holding, inTurn } from './inbox';
import { limitReached } from '../limits/limits';
import type { Resource } from './resource';
import { after, type MaybePromise } from '../time/settle';
import type { TokenBucket } from '../limits/token-bucket';

/** What comes in from one resource: within its limits, and one piece after the other. */
export class Intake {
  /** How many messages it may still send; there with the first. */
  #bucket: TokenBucket | undefined;

  constructor(
    private readonly resource: Resource,
    private readonly context: Context,
  ) {}

  /** The resource is there for a single message: its address is limited instead. */
  ofVisitor(): void {
    this.#bucket = this.resource.endpoint.service.rate?.bucketOfVisitor(this.resource);
  }

  /** Gives what to answer the sender, if the message failed; never throws, never rejects. */
  receive(payload: Payload, isHeartbeat: boolean): MaybePromise<Failure | undefined> {
    const outcome = this.#admit(payload, isHeartbeat);
    const { requests } = this.resource;
    return requests ? after(outcome, (failure) => failure && requests.refused(payload, failure)) : outcome;
  }

  #admit(payload: Payload, isHeartbeat: boolean): MaybePromise<Failure | undefined> {
    const { resource, context } = this;
    const { endpoint, inbox } = resource;
    const { rate, config } = endpoint.service;
    if (rate && !(this.#bucket ??= rate.bucket()).take(context)) return rate.exceeded(resource);
    if (inbox && inbox.waiting >= config.maxPendingMessages) return resource.refuse(limitReached('maxPendingMessages'));
    if (isHeartbeat) return inTurn(resource, () => endpoint.beat(resource));
    if (context.stopping) return new Failure('stopping');
    if (inbox?.busy) return inbox.run(() => endpoint.arrive(resource, payload));
    return holding(resource, endpoint.arrive(resource, payload));
  }
}

import {
  Failure,
  isPromise,
  limitReached,
  type App,
  type MaybePromise,
  type Request,
  type Resource,
  type Transport,
  type WriteResult,
} from '@ionosphere/core';
import { admit, forget, inTime, receive } from './admission';
import { acknowledgement, errorMessage, greetingOf } from './answers';
import type { Groups } from './groups';
import { requestOf, type Caller } from './grpc-request';
import { encodeMessage, MessageType, type GrpcMessage } from './message';
import { noTopic } from './send';
import { Topic } from './topic';
import { visit } from './visit';
import { HEARTBEAT } from './wire';

/** Where a channel's messages leave: a stream of one of the protocols that carry them. */
export interface Outlet {
  /** Takes a message; false when no more should come until `drained`. */
  write(message: Uint8Array): boolean;
  /** Ends the stream, after all that was written. */
  end(failure?: Failure): void;
  /** Ends the stream of a peer that does not read: what was written is thrown away. */
  reset(failure: Failure): void;
}

/** What a channel is made of. */
export interface ChannelParts {
  readonly app: App;
  readonly caller: Caller;
  readonly outlet: Outlet;
  readonly transport: Transport;
  readonly groups: Groups;
  /** How many topics it may have. */
  readonly maxTopics: number;
}

/** One stream of a client, and the topics that the client has subscribed to on it. Each topic is a resource of its own. */
export class Channel {
  readonly #parts: ChannelParts;
  readonly #topics = new Map<string, Topic>();
  readonly #work = new Set<PromiseLike<unknown>>();
  /** How many subscriptions have no answer yet. */
  #asked = 0;
  #trackingId = '';
  #open = true;
  #full = false;
  #draining = false;

  /** Throws a `Failure` when there are enough connections. */
  constructor(parts: ChannelParts) {
    this.#parts = parts;
    parts.app.admission.enter('grpc', parts.caller.remoteAddress);
  }

  /** Whether nothing is subscribed to, or about to be. */
  get idle(): boolean {
    return this.#open && this.#topics.size === 0 && this.#asked === 0;
  }

  /** Whether the client does not read what it was sent. */
  get full(): boolean {
    return this.#full;
  }

  /** Does what a message asks for. The next one must wait for the promise, if there is one. Never rejects. */
  take(message: GrpcMessage): MaybePromise<void> {
    switch (message.type) {
      case MessageType.MESSAGE:
        return this.#message(message);
      case MessageType.SUBSCRIBE:
        return this.subscribe(message).then((failure) => failure && this.#refuse(failure, message.topic));
      case MessageType.UNSUBSCRIBE:
        return this.#unsubscribe(message);
      case MessageType.HEARTBEAT:
        return this.#heartbeat(message);
      default:
        // ACK and ERROR are the server's to say; types of later versions are left alone.
        return undefined;
    }
  }

  /** Subscribes to a topic, new or returning. Gives the failure with which the client is refused. */
  async subscribe({ topic, headers, trackingId }: GrpcMessage): Promise<Failure | undefined> {
    const { app, caller, transport, groups, maxTopics } = this.#parts;
    this.#asked++;
    try {
      if (topic === '') throw noTopic();
      const asked = { topic, headers, trackingId: trackingId || this.#trackingId, method: 'GET' } as const;
      const request = requestOf(caller, asked, app.config);
      const known = this.#topics.get(request.path);
      if (known) return this.#acknowledge(known);
      if (this.#topics.size >= maxTopics)
        throw new Failure('full', `A stream can subscribe to ${maxTopics} topics; open another one.`);
      const resource = await inTime(app, request, this.#enter(request), forget);
      if (!this.#open) return void forget(resource);
      const joined = new Topic(transport, request, resource, this, groups);
      this.#topics.set(joined.name, joined);
      this.#trackingId ||= resource.uuid;
      this.#acknowledge(joined);
      resource.attach(joined);
      return undefined;
    } catch (error) {
      return this.#refused(error, topic);
    } finally {
      this.#asked--;
    }
  }

  async #enter(request: Request): Promise<Resource> {
    const { app, caller } = this.#parts;
    await admit(app, request, caller.setHeader);
    return app.connect(request);
  }

  /** A refused subscription ends a stream that has no other, as a refused connect does elsewhere. */
  #refuse(failure: Failure, topic: string): void {
    this.fail(failure, topic);
    if (this.idle) this.end(failure);
  }

  /** Tells the client what went wrong with something that it asked for. */
  fail(failure: Failure, topic: string): void {
    this.write(errorMessage(failure, topic, this.#trackingId));
  }

  write(message: Uint8Array): WriteResult {
    if (!this.#open) return 'closed';
    // After a pause the framework shows a sign of life, which only polls need.
    if (this.#draining && message === HEARTBEAT) return 'ok';
    if (!this.#parts.outlet.write(message)) this.#full = true;
    return this.#full ? 'full' : 'ok';
  }

  /** The stream has room again. */
  drained(): void {
    this.#full = false;
    this.#draining = true;
    for (const topic of [...this.#topics.values()]) topic.resource.drained(topic);
    this.#draining = false;
  }

  /** The server has ended a topic: its service did, or the client is connected anew. The last one ends the stream. */
  closed(topic: Topic, failure: Failure | undefined): void {
    if (this.#topics.get(topic.name) !== topic) return;
    this.#topics.delete(topic.name);
    if (failure?.code === 'slow-client') return this.#reset(failure);
    const { name, resource } = topic;
    if (failure) this.write(errorMessage(failure, name, resource.uuid));
    if (this.#topics.size === 0) return this.end(failure);
    if (!failure) this.write(encodeMessage({ type: MessageType.UNSUBSCRIBE, topic: name, trackingId: resource.uuid }));
  }

  /** Ends the stream. */
  end(failure?: Failure): void {
    if (this.#shut()) this.#parts.outlet.end(failure);
  }

  /** The client has said all that it wanted: it leaves, when what it asked for is done. */
  async finish(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled([...this.#work]);
    // What was sent in this turn is written at its end.
    await new Promise((resolve) => setImmediate(resolve));
    this.#detachAll('left');
    this.end();
  }

  /** The stream broke, or was cancelled: the resources are away until their client returns. */
  lost(): void {
    this.#shut();
    this.#detachAll('lost');
  }

  /** Nothing is written any more; tells whether something could be until now. */
  #shut(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.#parts.app.admission.leave('grpc', this.#parts.caller.remoteAddress);
    return true;
  }

  #detachAll(reason: 'left' | 'lost'): void {
    const topics = [...this.#topics.values()];
    this.#topics.clear();
    for (const topic of topics) topic.resource.detach(topic, reason);
  }

  #reset(failure: Failure): void {
    if (this.#shut()) this.#parts.outlet.reset(failure);
    this.#detachAll('lost');
  }

  #acknowledge({ name, resource, request }: Topic): undefined {
    const { epoch } = this.#parts.app.broadcasters;
    this.write(acknowledgement(name, resource.uuid, greetingOf(resource, request, epoch)));
  }

  #message(message: GrpcMessage): void {
    const topic = this.#topicOf(message.topic);
    if (!topic) return this.#visit(message);
    const outcome = receive(topic.resource, message.payload);
    if (isPromise(outcome)) this.#later(outcome, topic.name);
    else if (outcome) this.fail(outcome, topic.name);
  }

  /** A message for a topic that is not subscribed to: the service has it all the same, and the answer comes here. */
  #visit({ topic, headers, payload }: GrpcMessage): void {
    if (topic === '') return this.fail(noTopic(), topic);
    const { app, caller } = this.#parts;
    if (this.#work.size >= app.config.maxPendingMessages) return this.fail(limitReached('maxPendingMessages'), topic);
    const visited = async (): Promise<Failure | undefined> => {
      const request = requestOf(caller, { topic, headers, trackingId: '', method: 'POST' }, app.config);
      const { failure, replies } = await visit(app, request, payload);
      for (const reply of replies)
        this.write(encodeMessage({ type: MessageType.MESSAGE, topic: request.path, payload: reply }));
      return failure;
    };
    this.#later(
      visited().catch((error: unknown) => this.#refused(error, topic)),
      topic,
    );
  }

  #later(outcome: PromiseLike<Failure | undefined>, topic: string): void {
    const work = outcome.then((failure) => {
      this.#work.delete(work);
      if (failure) this.fail(failure, topic);
    });
    this.#work.add(work);
  }

  #unsubscribe({ topic: name }: GrpcMessage): void {
    const topic = this.#topicOf(name);
    if (!topic) return this.fail(new Failure('not-found', `The stream is not subscribed to "${name}".`), name);
    this.#topics.delete(topic.name);
    topic.resource.detach(topic, 'left');
    this.write(acknowledgement(topic.name, topic.resource.uuid));
  }

  /** A heartbeat of a topic, or of all. */
  #heartbeat({ topic: name }: GrpcMessage): void {
    const topics = name === '' ? this.#topics.values() : [this.#topicOf(name)];
    for (const topic of topics) {
      const outcome = topic?.resource.receive('', true);
      if (outcome && isPromise(outcome)) this.#later(outcome, name);
      else if (outcome) this.fail(outcome, name);
    }
    this.write(name === '' ? HEARTBEAT : encodeMessage({ type: MessageType.HEARTBEAT, topic: name }));
  }

  /** A message without a topic is for the only one there is. */
  #topicOf(name: string): Topic | undefined {
    const topic = this.#topics.get(name);
    if (topic || this.#topics.size === 0) return topic;
    if (name === '') return this.#topics.size === 1 ? this.#topics.values().next().value : undefined;
    return name.endsWith('/') ? this.#topics.get(name.slice(0, -1)) : undefined;
  }

  #refused(error: unknown, topic: string): Failure {
    const failure = Failure.from(error);
    const fields = { topic, code: failure.code, remoteAddress: this.#parts.caller.remoteAddress };
    const { logger, counters } = this.#parts.app;
    counters.failed(failure);
    if (failure.code === 'handler-failed') logger.error('A gRPC call failed', { ...fields, cause: failure.cause });
    else logger.debug('A gRPC call was refused', fields);
    return failure;
  }
}

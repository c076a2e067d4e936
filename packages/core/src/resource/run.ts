import type { Failure } from '../errors';
import type { Pulled, Reader } from '../broadcaster/pulled';
import type { Framing } from '../codec/framing';
import type { Request } from '../request/request';
import type { Resource } from './resource';
import type { Subscribed } from './subscription';
import type { Connection, Frame, Transport, WriteResult } from '../transport';

/**
 * Polls that say the same, one after the other: one connection, which ends with its first write and begins anew.
 *
 * A thousand polls are a thousand looks at their resources, none of which is in a cache. So while a client is owed nothing but
 * what one broadcaster says, its run *coasts*: it is written to from the log of that broadcaster, and its resource, which has
 * nothing to add, is left alone. Whoever asks the resource for its connection, or for what it is owed, ends that (`land`), and
 * finds all as if the resource had seen each poll.
 */
export abstract class Run implements Connection, Reader {
  // Of a thousand pollers little is in a cache: what each poll touches comes first.
  /** Whose messages it is written while it coasts; undefined while its resource sees to it. */
  private topic: Pulled | undefined = undefined;
  private framing: Framing | undefined = undefined;
  /** While it coasts: offset of the next message to write. */
  private cursor = 0;
  /** While it coasts: whether there is a poll that has not been answered. */
  private held = false;
  /** While it coasts: the tick of the timers at which a poll was answered last. */
  private answeredAt = 0;

  abstract readonly resource: Resource;
  abstract readonly transport: Transport;
  abstract readonly request: Request;

  /** @param repeats the query, as sent, that begins it anew; undefined when none does */
  constructor(readonly repeats: string | undefined) {}

  abstract write(frames: readonly Frame[]): WriteResult;
  abstract close(failure?: Failure): void;

  /**
   * Answers the poll, and tells nobody; tells whether there was one.
   *
   * @param atOnce whether it is just coming
   */
  protected abstract answer(frames: readonly Frame[], atOnce: boolean): boolean;

  /** Whether it was answered, and a poll that says the same would go on with it. */
  get rests(): boolean {
    return this.topic ? !this.held : this.resource.resting === this;
  }

  /** Whether its resource is left alone. @internal */
  get coasts(): boolean {
    return this.topic !== undefined;
  }

  /** While it coasts: whether there is a poll to be answered. @internal */
  get isHeld(): boolean {
    return this.held;
  }

  /** While it coasts: the tick at which a poll was answered last. @internal */
  get restsSince(): number {
    return this.answeredAt;
  }

  /** For transports: the next poll has come. Attaches to the resource, as far as that is of interest to it. */
  comeBack(): void {
    const { topic } = this;
    if (!topic) return this.resource.attach(this);
    this.held = true;
    if (this.cursor === topic.end) return;
    topic.expire();
    if (this.writeFrom(topic, true)) return;
    // What is left of it takes more than to read on.
    this.held = false;
    this.resource.attach(this);
  }

  /** Writes what is new. Called at the end of a turn. @internal */
  flush(): void {
    const { topic } = this;
    if (topic && !this.writeFrom(topic, false)) this.resource.out.flush();
  }

  /** From now on its resource is left alone, which is owed nothing but what that subscription brings. @internal */
  coast(subscription: Subscribed, framing: Framing, tick: number): void {
    this.topic = subscription.broadcaster.fanout.exchange(subscription, this);
    this.framing = framing;
    this.cursor = subscription.cursor;
    this.held = false;
    this.answeredAt = tick;
  }

  /** From now on its resource sees to it. @internal */
  land(subscription: Subscribed): void {
    this.topic = undefined;
    subscription.cursor = this.cursor;
    subscription.broadcaster.fanout.exchange(this, subscription);
  }

  /** Answers with what is new; tells whether that was all there is to do. */
  private writeFrom(topic: Pulled, atOnce: boolean): boolean {
    const { framing } = this;
    while (framing && this.held && this.cursor < topic.end) {
      const before = this.cursor;
      const batch = topic.next(framing, before, this);
      if (!batch) return false;
      this.cursor = batch.end;
      if (batch.frames.length === 0) continue;
      if (!this.answer(batch.frames, atOnce)) {
        this.cursor = before;
        return false;
      }
      this.held = false;
      this.answeredAt = topic.tick;
    }
    return true;
  }
}

import { eventIdPrefix, type Position } from '@ionosphere/protocol';
import type { Config } from '../settings/config';
import type { Context } from './context';
import type { Outbound } from './outbound';
import { Proof } from './proof';
import type { Request } from '../request/request';
import type { SavedResource } from '../log/durable-store';
import { TokenBucket } from '../limits/token-bucket';
import type { Connection, DetachReason } from '../transport';

/** How often a connection that lives may give way to a newer one of the same resource: ten times at once, and each second. */
const TAKEOVERS = { capacity: 10, perMilli: 10 / 10_000 };

/** What a recovery needs to know. */
export type RecoveryParts = Pick<Context, 'epoch' | 'resolve' | 'timers' | 'now' | 'durability' | 'nextSequence'>;

/** Whether it matters, when the connection ends, what its client has got. Else the offsets are all there is. */
export function needsRecovery(
  { request: { wire }, transport }: Connection,
  { delivery }: Pick<Config, 'delivery'>,
): boolean {
  return delivery !== 'at-most-once' || wire.positions || wire.position !== undefined || !!transport.wire.identifies;
}

/** Brings the sending side of a resource to where its client is when it comes back. PROTOCOL.md, "Positions". */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #out: Outbound;
  /** There when what is not proven to have arrived is sent again. */
  readonly #proof: Proof | undefined;
  #takeovers: TokenBucket | undefined;
  #eventIdPrefix: string | undefined;
  /** Whether the client of the connection wants positions. */
  #tells = false;
  /** Number of the last message that the client of the connection has, as it says; undefined when nothing is known of that. */
  #said: number | undefined;
  /** Who has less than this number misses what it was owed before, of which nothing is left; -1 when there was nothing. */
  #pastEnd = -1;
  /** Whether the last connection ended with messages in it that its client can't have got. */
  #torn = false;

  constructor(
    private readonly uuid: string,
    parts: RecoveryParts,
    out: Outbound,
    config: Pick<Config, 'delivery' | 'proofSeconds'>,
  ) {
    this.#parts = parts;
    this.#out = out;
    if (config.delivery === 'at-most-once') return;
    const periodMillis = config.proofSeconds * 1000;
    parts.durability?.settleAfter(periodMillis);
    this.#proof = new Proof({ timers: parts.timers, periodMillis, position: () => out.position });
  }

  /** What the ids of all server-sent events of the resource begin with. */
  get eventIdPrefix(): string {
    return (this.#eventIdPrefix ??= eventIdPrefix(this.uuid, this.#parts.epoch));
  }

  /**
   * Where the client is before anything is written to it, when it wants to know. Not behind a gap that it is yet to be told
   * of: the notice may be lost, and who says that it was there before is told again.
   */
  get tellable(): Position | undefined {
    if (!this.#tells) return undefined;
    const { position } = this;
    const begun = this.#pastEnd >= 0 && this.#out.owed.untold ? this.#pastEnd - 1 : position;
    return { epoch: this.#parts.epoch, sequence: Math.min(position, this.#said ?? begun) };
  }

  /** Number of the last message such that it, and all before it, were written to the resource. */
  get position(): number {
    return this.#out.position;
  }

  /** What must be known to go on after a restart. */
  get saved(): Pick<SavedResource, 'torn' | 'proven' | 'pastEnd'> {
    return { torn: this.#torn || this.#out.full, proven: this.#proof?.proven, pastEnd: this.#pastEnd };
  }

  /** Goes on as after a connection that is over. */
  restore({ torn, proven = -1, pastEnd }: Recovery['saved']): void {
    this.#torn = torn;
    this.#pastEnd = pastEnd;
    this.#out.owed.forgot(pastEnd);
    if (this.#proof) this.#proof.proven = proven;
  }

  /** Its client was here before, and nothing is left of that: it is told that something may be missing. */
  lostItsPast(): void {
    const { position } = this;
    // Its handshake has the number before.
    this.#pastEnd = position < 0 ? this.#parts.nextSequence() : position;
    this.#out.owed.missed(this.#pastEnd);
  }

  /** Two clients with one id, each of which comes back when the other has taken its place, would go on for ever. */
  mayTakeOver(older: Connection): boolean {
    if (older.transport.oneShot) return true;
    this.#takeovers ??= new TokenBucket(TAKEOVERS);
    return this.#takeovers.take(this.#parts);
  }

  /** Goes on where the client is, before anything is written to its new connection. Tells whether the client said where that is. */
  begin(connection: Connection): boolean {
    const { owed } = this.#out;
    const { wire } = connection.request;
    owed.retains ||= this.#proof !== undefined || wire.positions || connection.transport.wire.identifies === true;
    this.#tells = wire.positions;
    this.#said = wire.position && this.#heard(wire.position);
    const sequence = wire.position ? this.#said : this.#proof?.proven;
    if (sequence !== undefined) owed.seek(sequence);
    else if (this.#torn) owed.missed();
    this.#torn = false;
    this.#proof?.start(connection);
    return wire.position !== undefined;
  }

  /** Messages that the connection had taken were thrown away. */
  tear(): void {
    this.#torn = true;
  }

  /** The connection is over. What waited in the server's memory for a peer that was slow is gone with it. */
  end({ transport }: Connection, reason: DetachReason): void {
    if (reason === 'overrun' || (this.#out.full && !transport.oneShot)) this.#torn = true;
    this.#proof?.stop(reason);
  }

  /** A ping was answered; tells whether it was one of these. */
  answered(data: string): boolean {
    return this.#proof?.answered(data) ?? false;
  }

  /** Where the client of a request is in the numbering of this run, before its attach; undefined when nothing is known of what it says. */
  placeOf({ wire }: Request): number | undefined {
    return wire.position ? this.#parts.resolve(wire.position) : this.position;
  }

  /** The number in what the client says; where it has less than is known of, it is to be told. */
  #heard(position: Position): number | undefined {
    const sequence = this.#parts.resolve(position);
    if (sequence === undefined) this.#out.owed.missed();
    else if (sequence < this.#pastEnd) this.#out.owed.missed(this.#pastEnd);
    return sequence;
  }
}

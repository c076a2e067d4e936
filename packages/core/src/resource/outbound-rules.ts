import type { Counters } from '../limits/counters';
import type { Outflow } from '../broadcaster/outflow';
import type { Timers } from '../time/timers';
import type { Config } from '../settings/config';
import { DeclarationError } from '../errors';
import type { Durability } from '../log/durability';
import { logBounds, type LogBounds } from '../log/message-log';
import { settings } from '../settings/table';
import type { Coalescing, SlowClients } from './slow-clients';

/** What the sending side of a resource is built on. */
export interface OutboundParts {
  readonly outflow: Outflow;
  readonly counters: Pick<Counters, 'gaps'>;
  readonly timers: Timers;
  readonly nextSequence: () => number;
  /** Number of the newest message of all. */
  readonly lastSequence: () => number;
  readonly now: () => number;
  /** There when resources outlive the process. */
  readonly durability?: Pick<Durability, 'changed' | 'openOutbox' | 'drop'> | undefined;
}

/** What holds for the sending side of all resources of a service. */
export interface OutboundRules {
  /** Bounds of what waits for one resource alone. */
  readonly outboxBounds: LogBounds;
  readonly slowClients: SlowClients;
  /** How many messages may pile up for a slow client, for the policies that have a limit. */
  readonly slowClientMessages: number;
  /** How long a connection may be full without progress, in milliseconds. */
  readonly slowClientMillis: number;
}

/** The rules that settings make, and the policy that a service has chosen itself. Throws when there is no such policy. */
export function outboundRules(config: Config, service: string, chosen: SlowClients | undefined): OutboundRules {
  const slowClients = chosen ?? config.slowClients;
  const { is } = settings.slowClients;
  if (!is.accepts(slowClients) && typeof (slowClients as Partial<Coalescing>).keyOf !== 'function')
    throw new DeclarationError(
      `${service}: slowClients is ${JSON.stringify(slowClients)}; it must be ${is.wanted}, or coalesce(key)`,
    );
  return {
    outboxBounds: logBounds(config),
    slowClients,
    slowClientMessages: config.slowClientMessages,
    slowClientMillis: config.slowClientSeconds * 1000,
  };
}

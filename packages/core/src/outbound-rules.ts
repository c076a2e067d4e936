import type { Config } from './config';
import { logBounds, type LogBounds } from './message-log';
import type { SlowClients } from './slow-clients';

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

/** The rules that settings make, and the policy that a service has chosen itself. */
export function outboundRules(config: Config, slowClients: SlowClients = config.slowClients): OutboundRules {
  return {
    outboxBounds: logBounds(config),
    slowClients,
    slowClientMessages: config.slowClientMessages,
    slowClientMillis: config.slowClientSeconds * 1000,
  };
}

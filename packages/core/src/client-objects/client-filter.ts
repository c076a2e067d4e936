import type { AtmosphereClient } from './atmosphere-client';

/** Whether a client gets what another broadcasts. */
export type ClientPredicate<C extends AtmosphereClient = AtmosphereClient> = (
  client: C,
  self: AtmosphereClient,
) => boolean;

/** Who gets a broadcast of a client: `clientFilter((client: Member) => client.isAdmin)`. */
export class ClientFilter {
  constructor(private readonly predicate: ClientPredicate) {}

  accepts(client: AtmosphereClient, self: AtmosphereClient): boolean {
    return this.predicate(client, self);
  }

  /** Those whom both accept. */
  and(other: ClientFilter): ClientFilter {
    return new ClientFilter((client, self) => this.accepts(client, self) && other.accepts(client, self));
  }

  /** Those whom either accepts. */
  or(other: ClientFilter): ClientFilter {
    return new ClientFilter((client, self) => this.accepts(client, self) || other.accepts(client, self));
  }

  /** Those whom it does not accept. */
  not(): ClientFilter {
    return new ClientFilter((client, self) => !this.accepts(client, self));
  }
}

/** A filter of your own. It is asked for each client, so a message takes the slow way of those that are not for all. */
export function clientFilter<C extends AtmosphereClient>(predicate: ClientPredicate<C>): ClientFilter {
  return new ClientFilter(predicate as unknown as ClientPredicate);
}

/** Every client of the path, the one that broadcasts included. */
export const Everyone = new ClientFilter(() => true);
/** Every client of the path but the one that broadcasts. */
export const SkipSelf = new ClientFilter((client, self) => client !== self);
/** Only the client that broadcasts. */
export const OnlySelf = new ClientFilter((client, self) => client === self);

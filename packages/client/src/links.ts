import type { Api, Client } from './api';
import { LineClient } from './client';
import { basics, type Environment } from './environment';
import { OwnLine } from './line';
import type { OpenLink } from './link';
import { settingsOf, type ConnectOptions, type LinkName } from './options';

/** What can be said of any connection in Node; the rest is for those that HTTP makes. */
export type LinkOptions = Omit<
  ConnectOptions,
  'transports' | 'credentials' | 'shared' | 'upgradeSeconds' | 'rememberSeconds'
>;

/** Node, without any network of its own. */
const environment: Environment = {
  ...basics(),
  isOnline: () => true,
  isHidden: () => false,
  watch: () => () => undefined,
  report: (error) => process.emitWarning(error instanceof Error ? error : String(error)),
};

/** For packages that bring a transport: a client over it alone. Throws a `ClientError` with `bad-option`. */
export function connectOver<A = Api>(
  transport: { readonly name: LinkName; readonly open: OpenLink },
  url: string | URL,
  options: LinkOptions = {},
): Client<A> {
  const settings = { ...settingsOf(url, options, environment), transports: [transport.name], rememberSeconds: 0 };
  const { open } = transport;
  return new LineClient<A>({ settings, environment, openLine: (parts) => new OwnLine({ ...parts, open }) });
}

export { ClientError, parseFailure, passing, type ClientCode } from './errors';
export type { Link, LinkEnd, LinkListener, LinkParts, OpenLink } from './link';
export type { Answered, Api, Asked, Client, ClientEvents, Ending, Received, SendOptions, Sent } from './api';
export type { ClientState, StateChange } from './status';

import type { Api, Client } from './api';
import { LineClient } from './client';
import type { Environment } from './environment';
import { OwnLine } from './line';
import { settingsOf, type ConnectOptions } from './options';
import { canShare, SharedLine } from './shared';

/** `connect`, on a platform. */
export function connectIn(environment: Environment) {
  return <A = Api>(url: string | URL, options: ConnectOptions = {}): Client<A> => {
    const settings = settingsOf(url, options, environment);
    const shares = settings.shared && canShare(environment);
    return new LineClient<A>({
      settings,
      environment,
      openLine: (parts) => (shares ? new SharedLine(parts) : new OwnLine(parts)),
    });
  };
}

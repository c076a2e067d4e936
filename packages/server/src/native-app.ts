import { refusedPort } from './refused-port';
import { checkTls, type TlsOptions } from './tls';
import type { ListenOnHost, Native, SharedApp, TemplatedApp, us_listen_socket } from './uws';

/** An app of the native library, over TLS or in the clear. Throws when the certificate can't be used. */
export function nativeApp(native: Native, tls: TlsOptions | undefined): SharedApp {
  if (!tls) return native.App() as SharedApp;
  checkTls(tls);
  return native.SSLApp({
    key_file_name: tls.key,
    cert_file_name: tls.cert,
    ...(tls.passphrase !== undefined && { passphrase: tls.passphrase }),
  }) as SharedApp;
}

/** Begins to listen. Rejects when that is not possible, and says why, and how to mend it. */
export async function listen(
  native: Native,
  app: TemplatedApp,
  { host, port }: { readonly host: string | undefined; readonly port: number },
): Promise<us_listen_socket> {
  const socket = await new Promise<us_listen_socket | false>((resolve) => {
    // Shared by default, a port would let a second server by mistake take half of the connections.
    const exclusive = native.LIBUS_LISTEN_EXCLUSIVE_PORT;
    if (host === undefined) app.listen(port, exclusive, resolve);
    else (app.listen.bind(app) as unknown as ListenOnHost)(host, port, exclusive, resolve);
  });
  if (!socket) throw await refusedPort(host, port);
  return socket;
}

/** Of the hosts that stand for many addresses, one of these; undefined for any other. */
function oneOf(host: string | undefined): string | undefined {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : undefined;
}

/** What a server listens on where that is more than its URL tells. */
export function hostBehind(host: string | undefined): { readonly host?: string } {
  return oneOf(host) === undefined ? {} : { host: host ?? 'all addresses' };
}

/** Where clients on this machine find a server. */
export function urlOf(tls: TlsOptions | undefined, host: string | undefined, port: number): string {
  const address = oneOf(host) ?? String(host);
  const name = address.includes(':') ? `[${address}]` : address;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}

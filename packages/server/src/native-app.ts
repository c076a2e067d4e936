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

/** Begins to listen. Rejects when that is not possible. */
export function listen(
  native: Native,
  app: TemplatedApp,
  { host, port }: { readonly host: string | undefined; readonly port: number },
): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    const listening = (socket: us_listen_socket | false): void => {
      if (socket) return resolve(socket);
      const where = `${host ?? 'all addresses'}, port ${port}`;
      reject(new Error(`Can't listen on ${where}: it is in use, or not allowed`));
    };
    // Shared by default, a port would let a second server by mistake take half of the connections.
    const exclusive = native.LIBUS_LISTEN_EXCLUSIVE_PORT;
    if (host === undefined) app.listen(port, exclusive, listening);
    else (app.listen.bind(app) as unknown as ListenOnHost)(host, port, exclusive, listening);
  });
}

/** Where clients on this machine find a server. */
export function urlOf(tls: TlsOptions | undefined, host: string | undefined, port: number): string {
  const name = host?.includes(':') ? `[${host}]` : (host ?? '127.0.0.1');
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}

import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Certificate of a server, as files in PEM. */
export interface TlsOptions {
  /** Path of the private key. */
  readonly key: string;
  /** Path of the certificate, with the chain behind it. */
  readonly cert: string;
  /** Of the private key. Default: it has none. */
  readonly passphrase?: string;
}

/** Throws a readable error where the native library would only refuse to start: no such file, no PEM, a key that does not fit. */
export function checkTls({ key, cert, passphrase }: TlsOptions): void {
  const read = (name: string, path: unknown): Buffer => {
    // The content instead of the path is a secret: it must not be in any message.
    if (typeof path !== 'string' || path.includes('-----BEGIN')) {
      throw new Error(`tls.${name} must be the path of a file in PEM, not its content`);
    }
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new Error(`tls.${name}: "${path}" can't be read: ${(cause as Error).message}`, { cause });
    }
  };
  try {
    createSecureContext({ key: read('key', key), cert: read('cert', cert), passphrase });
  } catch (cause) {
    if ((cause as Error).message.startsWith('tls.')) throw cause;
    throw new Error(`tls: the key "${key}" and the certificate "${cert}" can't be used: ${(cause as Error).message}`, {
      cause,
    });
  }
}

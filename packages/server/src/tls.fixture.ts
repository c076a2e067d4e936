import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate that signs itself, for 127.0.0.1 and localhost. */
export interface Certificate {
  /** Paths of the files, as `serve` wants them. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** The certificate in PEM: what a client has to trust. */
  readonly ca: string;
  /** Removes the files. */
  remove(): void;
}

/** Makes a certificate that is valid now, in files of its own. */
export async function makeCertificate(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'localhost' },
        ],
      },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), 'ionosphere-tls-'));
  const tls = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') };
  writeFileSync(tls.key, key, { mode: 0o600 });
  writeFileSync(tls.cert, cert);
  return { tls, ca: cert, remove: () => rmSync(folder, { recursive: true }) };
}

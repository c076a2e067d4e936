import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate that signs itself, for 127.0.0.1 and localhost: in files for the server, as PEM for a client. */
export interface Pair {
  readonly files: { readonly key: string; readonly cert: string };
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Makes certificates that are valid now; `remove` takes their files away. */
export async function makePairs(count: number): Promise<{ pairs: Pair[]; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'ionosphere-grpc-'));
  const pairs: Pair[] = [];
  for (let index = 0; index < count; index++) {
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
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
    const files = { key: join(folder, `${index}.key.pem`), cert: join(folder, `${index}.pem`) };
    writeFileSync(files.key, made.private, { mode: 0o600 });
    writeFileSync(files.cert, made.cert);
    pairs.push({ files, key: Buffer.from(made.private), cert: Buffer.from(made.cert) });
  }
  return { pairs, remove: () => rmSync(folder, { recursive: true }) };
}

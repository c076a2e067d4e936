import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { GrpcOptions, GrpcTlsOptions } from '@ionosphere/core';

const known: Readonly<Record<keyof GrpcOptions, true>> = {
  port: true,
  host: true,
  tls: true,
  reflection: true,
  maxTopicsPerStream: true,
  maxStreamsPerConnection: true,
  keepaliveSeconds: true,
};

/** Throws a `RangeError` that names the option and what it may be. */
export function checkGrpcOptions(options: GrpcOptions): void {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(known, name))
      throw new RangeError(`grpc: there is no option "${name}"; known are ${Object.keys(known).join(', ')}`);
  wholeNumber('port', options.port ?? 0, 0, 65_535);
  wholeNumber('maxTopicsPerStream', options.maxTopicsPerStream ?? 1, 1);
  wholeNumber('maxStreamsPerConnection', options.maxStreamsPerConnection ?? 1, 1);
  wholeNumber('keepaliveSeconds', options.keepaliveSeconds ?? 1, 1);
}

function wholeNumber(name: string, value: number, from: number, to = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  const range = to === Number.MAX_SAFE_INTEGER ? `a whole number from ${from}` : `${from} to ${to}`;
  throw new RangeError(`grpc: ${name} is ${value}; it must be ${range}`);
}

/**
 * Throws an error that names the file when one can't be used.
 *
 * @param handshakeSeconds how long a handshake of TLS may take
 */
export function credentialsOf(tls: GrpcTlsOptions | undefined, handshakeSeconds: number): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const { passphrase } = tls;
  const [key, cert] = [read('key', tls.key), read('cert', tls.cert)];
  const clients = tls.clientCa === undefined ? null : read('clientCa', tls.clientCa);
  try {
    // The library would find out only when the first client comes.
    createSecureContext({ key, cert, passphrase, ...(clients && { ca: clients }) });
    const plain = passphrase === undefined ? key : opened(key, passphrase);
    const made = ServerCredentials.createSsl(clients, [{ private_key: plain, cert_chain: cert }], clients !== null);
    // The library has no option for it, and Node waits for two minutes.
    Object.assign(made._getConstructorOptions() ?? {}, { handshakeTimeout: handshakeSeconds * 1000 });
    return made;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`grpc: the key "${tls.key}" and the certificate "${tls.cert}" can't be used: ${reason}`, { cause });
  }
}

/** The library takes no passphrase. */
function opened(key: Buffer, passphrase: string): Buffer {
  return Buffer.from(createPrivateKey({ key, passphrase }).export({ type: 'pkcs8', format: 'pem' }));
}

function read(name: string, path: unknown): Buffer {
  // The content instead of the path is a secret: it must not be in any message.
  if (typeof path !== 'string' || path.includes('-----BEGIN'))
    throw new Error(`grpc: tls.${name} must be the path of a file in PEM, not its content`);
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`grpc: tls.${name}: "${path}" can't be read: ${(cause as Error).message}`, { cause });
  }
}

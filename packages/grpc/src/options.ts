import { readFileSync } from 'node:fs';
import { ServerCredentials } from '@grpc/grpc-js';

/** Certificates of a gRPC server, as files in PEM. */
export interface GrpcTlsOptions {
  /** Path of the private key. */
  readonly key: string;
  /** Path of the certificate, with the chain behind it. */
  readonly cert: string;
  /** Path of the certificates of those who sign clients: then a client without a certificate of theirs is refused (mutual TLS). Default: clients need none. */
  readonly clientCa?: string;
}

/** How gRPC is served. */
export interface GrpcOptions {
  /** Default 9090; 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default: all. */
  readonly host?: string;
  /** Serves over TLS. Default: in the clear. */
  readonly tls?: GrpcTlsOptions;
  /** Whether clients and tools may ask which methods there are. Default true. */
  readonly reflection?: boolean;
  /** How many topics one stream may subscribe to. Default 100. */
  readonly maxTopicsPerStream?: number;
  /** How many calls one connection may have at a time. Default 1000. */
  readonly maxStreamsPerConnection?: number;
  /** After how long without a word a connection is asked whether it is still there, in seconds; 20 more without an answer end it. Default 60. */
  readonly keepaliveSeconds?: number;
}

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

/** Throws an error that names the file when one can't be used. */
export function credentialsOf(tls: GrpcTlsOptions | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const pair = { private_key: read('key', tls.key), cert_chain: read('cert', tls.cert) };
  const clients = tls.clientCa === undefined ? null : read('clientCa', tls.clientCa);
  try {
    return ServerCredentials.createSsl(clients, [pair], clients !== null);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`grpc: the key "${tls.key}" and the certificate "${tls.cert}" can't be used: ${reason}`, { cause });
  }
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

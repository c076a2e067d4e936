/** Certificates of a gRPC server, as files in PEM. */
export interface GrpcTlsOptions {
  /** Path of the private key. */
  readonly key: string;
  /** Path of the certificate, with the chain behind it. */
  readonly cert: string;
  /** Of the private key. Default: it has none. */
  readonly passphrase?: string;
  /**
   * Path of the certificates of those who sign clients: then a client without a certificate of theirs is refused (mutual
   * TLS). Default: clients need none.
   */
  readonly clientCa?: string;
}

/** How gRPC is served. Here, because two packages that must not know each other speak of it. */
export interface GrpcOptions {
  /** Default 9090; 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default: all. */
  readonly host?: string;
  /** Serves over TLS. Default: in the clear; with `serve`, as the server itself. */
  readonly tls?: GrpcTlsOptions;
  /** Whether clients and tools may ask which methods there are. Default true. */
  readonly reflection?: boolean;
  /** How many topics one stream may subscribe to. Default 100. */
  readonly maxTopicsPerStream?: number;
  /** How many calls one connection may have at a time. Default 1000. */
  readonly maxStreamsPerConnection?: number;
  /**
   * After how long without a word a connection is asked whether it is still there, in seconds; 20 more without an answer
   * end it. Default 60.
   */
  readonly keepaliveSeconds?: number;
}

/** A gRPC server that runs. */
export interface GrpcListener {
  /** Port it listens on. */
  readonly port: number;
  /** For a server of HTTP: the calls of browsers. */
  readonly web: WebCalls;
  /** No new calls; those that are there go on. */
  drain(): void;
  /** Ends every connection, by force if its client does not end it. */
  close(): Promise<void>;
}

/** A call over HTTP/1.1: what a server gives to the one who answers it. */
export interface WebCall {
  readonly method: string;
  /** Path as sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly remoteAddress: string;
  /** Sets a header of the answer, whatever it will be. */
  setHeader(name: string, value: string): void;
  /** Answers at once, whole. */
  end(status: number, headers: readonly (readonly [string, string])[], body: string | Uint8Array): void;
  /** Begins an answer that goes on. */
  start(headers: readonly (readonly [string, string])[]): void;
  /** Writes to an answer that goes on; false asks to wait for `onWritable`. */
  write(chunks: readonly Uint8Array[]): boolean;
  onWritable(fn: () => void): void;
  /** Called once if the peer goes before the answer has ended. */
  onGone(leaver: { gone(): void }): void;
  /** Ends an answer that went on. */
  finish(): void;
}

/** Answers calls of browsers, which come over HTTP/1.1: gRPC-Web and Connect. */
export interface WebCalls {
  /** What the paths of its calls begin with. */
  readonly prefix: string;
  /** Largest body in bytes. */
  readonly maxBodyBytes: number;
  /** @param body undefined when it is larger */
  serve(call: WebCall, body: Buffer | undefined): void;
}

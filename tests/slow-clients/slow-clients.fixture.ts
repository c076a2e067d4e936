/** What the server is told to do. */
export interface Order {
  /** How many messages to send to those who wanted ballast. */
  readonly ballast?: number;
  /** Where to broadcast a message. */
  readonly path?: string;
  readonly message?: number;
  /** To say how it is. */
  readonly report?: boolean;
}

/** How the server is. */
export interface State {
  /** How often each failure happened, by its code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly resources: number;
  /** After a collection, in bytes. */
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** What a WebSocket of the platform must have; `WebSocket` of browsers and of `ws` do. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** A channel between tabs; `BroadcastChannel` is one. */
export interface Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** What the platform says of the page: its network, whether it is seen, and whether it goes. */
export interface PresenceListener {
  online(): void;
  offline(): void;
  /** The page is looked at again, or goes on after a sleep. */
  visible(): void;
  /** The page goes. @param mayReturn whether it is kept for the way back */
  leaving(mayReturn: boolean): void;
  returned(): void;
}

/** All that the client asks of the platform: a browser, Node, or a test. */
export interface Environment {
  readonly now: () => number;
  readonly random: () => number;
  readonly setTimeout: (run: () => void, millis: number) => unknown;
  readonly clearTimeout: (timer: unknown) => void;
  /** Base of relative URLs. */
  readonly base?: string | undefined;
  readonly socket?: ((url: string) => Socket) | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly storage?: Pick<Storage, 'getItem' | 'setItem'> | undefined;
  /** Sends a request that outlives the page. */
  readonly beacon?: ((url: string) => boolean) | undefined;
  readonly channel?: ((name: string) => Channel) | undefined;
  /** Runs `held` as soon as nobody else has the lock; it is released when the promise settles. */
  readonly lock?: ((name: string, signal: AbortSignal, held: () => Promise<void>) => Promise<void>) | undefined;
  readonly isOnline: () => boolean;
  readonly isHidden: () => boolean;
  /** @returns what ends it */
  readonly watch: (listener: PresenceListener) => () => void;
  /** Takes what a listener of the application threw, when there is nobody else to tell. */
  readonly report: (error: unknown) => void;
}

type Platform = 'WebSocket' | 'BroadcastChannel' | 'navigator' | 'location';

/** What the client finds in a browser, or in another runtime with the same interfaces. */
export function browserEnvironment(): Environment {
  const { WebSocket, BroadcastChannel, navigator, location } = globalThis as {
    [K in Platform]?: (typeof globalThis)[K];
  };
  const { locks } = navigator ?? {};
  return {
    ...basics(),
    base: location?.href,
    // Looked up when needed: pages put their own in place.
    socket: WebSocket && ((url) => new globalThis.WebSocket(url) as unknown as Socket),
    fetch: typeof fetch === 'function' ? (input, init) => globalThis.fetch(input, init) : undefined,
    storage: storageOf(),
    beacon: typeof navigator?.sendBeacon === 'function' ? (url) => navigator.sendBeacon(url) : undefined,
    channel: BroadcastChannel && ((name) => new BroadcastChannel(name) as unknown as Channel),
    lock: locks && ((name, signal, held) => locks.request(name, { signal }, held)),
    isOnline: () => navigator?.onLine !== false,
    isHidden: () => typeof document !== 'undefined' && document.visibilityState === 'hidden',
    watch: watchPage,
  };
}

/** What every platform has. */
export function basics(): Pick<Environment, 'now' | 'random' | 'setTimeout' | 'clearTimeout' | 'report'> {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (run, millis) => setTimeout(run, millis),
    clearTimeout: (timer) => clearTimeout(timer as number),
    // As a listener of the page would; it goes to window.onerror and the console.
    report: (error) => (globalThis as { reportError?: (error: unknown) => void }).reportError?.(error),
  };
}

/** A page may be forbidden to ask for it. */
function storageOf(): Environment['storage'] {
  try {
    return typeof window === 'undefined' ? undefined : window.localStorage;
  } catch {
    return undefined;
  }
}

function watchPage(listener: PresenceListener): () => void {
  if (typeof window === 'undefined') return () => undefined;
  const ended = new AbortController();
  const on = (target: EventTarget, type: string, run: (event: Event) => void): void =>
    target.addEventListener(type, run, { signal: ended.signal });
  const persisted = (event: Event): boolean => (event as PageTransitionEvent).persisted;
  on(window, 'online', () => listener.online());
  on(window, 'offline', () => listener.offline());
  on(window, 'pagehide', (event) => listener.leaving(persisted(event)));
  on(window, 'pageshow', (event) => persisted(event) && listener.returned());
  on(document, 'visibilitychange', () => document.visibilityState === 'visible' && listener.visible());
  on(document, 'resume', () => listener.visible());
  return () => ended.abort();
}

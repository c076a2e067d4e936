import { createRequire } from 'node:module';
import type * as UWS from 'uws-lts';

export type {
  AppOptions,
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from 'uws-lts';

/** The native library, whichever build of it loads here, with what its type declarations leave out. */
export type Native = typeof UWS & { readonly LIBUS_LISTEN_EXCLUSIVE_PORT: UWS.ListenOptions };

/** What the apps of other threads know an app by; opaque. */
export type AppDescriptor = number & { readonly descriptor: never };

/** What hands connections to the apps of other threads, which only the newer of the builds declares. */
export interface SharedApp extends UWS.TemplatedApp {
  getDescriptor(): AppDescriptor;
  addChildAppDescriptor(child: AppDescriptor): void;
  removeChildAppDescriptor(child: AppDescriptor): void;
}

/** `listen` with a host and options at once, which works in every build but is declared in none. */
export type ListenOnHost = (
  host: string,
  port: number,
  options: UWS.ListenOptions,
  done: (socket: UWS.us_listen_socket | false) => void,
) => void;

/** Where a build may be found, the first that loads wins: what the user installed, then the builds that came with this package. */
const builds = ['uWebSockets.js', 'uws-latest', 'uws-lts'];

/** What the library was told of headers when it was loaded; it asks once in the life of a process. */
let headerBytes: number | undefined;

/**
 * Loads the library so that the first line and the headers of a request may have so many bytes. Throws when it was loaded
 * with another number before.
 */
export function loadNativeFor(maxHeaderBytes: number): Native {
  if (headerBytes !== undefined && headerBytes !== maxHeaderBytes)
    throw new RangeError(
      `serve: limits.maxHeaderBytes is ${maxHeaderBytes}, but it is ${headerBytes} already: a server of this process has started with it, and it holds for the whole process`,
    );
  headerBytes = maxHeaderBytes;
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(maxHeaderBytes);
  return loadNative();
}

/** What the machine is, as far as a native library depends on it. */
export interface Machine {
  readonly node: string;
  readonly abi: string;
  readonly platform: string;
  readonly arch: string;
  /** Version of glibc; undefined where there is none (Alpine, macOS, Windows). */
  readonly glibc: string | undefined;
}

/** Loads uWebSockets.js. Throws one error that says what was tried and what is missing. */
export function loadNative(
  load: (name: string) => unknown = createRequire(__filename),
  machine: () => Machine = thisMachine,
): Native {
  const reasons: string[] = [];
  for (const name of builds) {
    try {
      const native = load(name) as Partial<Native>;
      if (typeof native.App === 'function') return native as Native;
      reasons.push(`${name}: loaded, but has no App()`);
    } catch (error) {
      reasons.push(`${name}: ${reason(name, error)}`);
    }
  }
  throw new Error(explain(machine(), reasons));
}

function reason(name: string, error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  const [line = String(error)] = (message ?? String(error)).split('\n');
  return code === 'MODULE_NOT_FOUND' && line.includes(`'${name}'`) ? 'not installed' : line;
}

function explain({ node, abi, platform, arch, glibc }: Machine, reasons: readonly string[]): string {
  const libc = platform === 'linux' ? `, ${glibc ? `glibc ${glibc}` : 'no glibc'}` : '';
  return [
    `uWebSockets.js could not be loaded on Node ${node} (ABI ${abi}), ${platform}-${arch}${libc}.`,
    ...reasons.map((line) => `  tried ${line}`),
    `  ${advice(Number.parseInt(node.replace(/^v/, ''), 10), platform, glibc)}`,
  ].join('\n');
}

function advice(major: number, platform: string, glibc: string | undefined): string {
  if (platform === 'linux' && !glibc) return 'There is no build for musl (Alpine): use a Debian or Ubuntu based image.';
  if (major >= 24 && glibc && compare(glibc, '2.38') < 0)
    return `Node ${major} needs glibc 2.38 or newer (Debian 13, Ubuntu 24.04), found ${glibc}; or use Node 20 or 22.`;
  if (major < 20) return 'Use Node 20, 22, 24 or 26.';
  return 'Install with the same Node version that runs the program, and without --omit=optional: the native part is an optional dependency.';
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function thisMachine(): Machine {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return {
    node: process.version,
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
    glibc: report?.header?.glibcVersionRuntime,
  };
}

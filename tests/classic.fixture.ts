import { dirname, join } from 'node:path';
import type { ServeOptions } from '@ionosphere/server';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { Proxy } from './proxy.fixture';
import { TestServer } from './server.fixture';

/** The three generations of the classic client, by their names in package.json. */
export const versions = ['2.3.8', '3.1.3', '4.0.1'] as const;
export type ClassicVersion = (typeof versions)[number];

/** The package of a version. */
export function packageOf(version: ClassicVersion): string {
  return `atmosphere-${version.charAt(0)}`;
}

/** The transports over which a classic client stays connected. */
export const transports = ['websocket', 'sse', 'streaming', 'long-polling', 'jsonp'] as const;
export type ClassicTransport = (typeof transports)[number];

/** Every transport, with and without a length in front of each message. */
export const wires = transports.flatMap((transport) =>
  [true, false].map((track) => ({ transport, track, wire: `${transport}, ${track ? 'tracked' : 'untracked'}` })),
);

/** A text as a classic client hands it over: it trims every message, and an event stream has but one kind of line end. */
export function asDelivered(transport: ClassicTransport, text: string): string {
  return (transport === 'sse' ? text.replace(/\r\n?/g, '\n') : text).trim();
}

/** A server with the page that drives the classic clients. */
export function serveClassicPage(options: Partial<ServeOptions> = {}): Promise<TestServer> {
  const libraries = versions.map((version) => [
    `/${version}.js`,
    join(dirname(require.resolve(packageOf(version))), 'lib', 'atmosphere.js'),
  ]);
  return TestServer.start({
    ...options,
    files: { '/': join(__dirname, 'classic-page'), ...Object.fromEntries(libraries) },
  });
}

/** What a classic client is asked for; the rest is the library's own choice. */
export interface ClassicOptions {
  readonly transport?: ClassicTransport | 'polling';
  readonly trackMessageLength?: boolean;
  readonly [option: string]: unknown;
}

/** A page with one version of the library, behind a proxy of its own, so that its connections can be cut off. */
export class ClassicPage {
  /** Errors that nobody caught in the page. */
  readonly complaints: string[] = [];

  private constructor(
    readonly version: ClassicVersion,
    readonly proxy: Proxy,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.complaints.push(`${version}: ${error.message}`));
  }

  static async open(
    browser: Browser,
    { port }: TestServer,
    version: ClassicVersion,
    options: BrowserContextOptions = {},
  ): Promise<ClassicPage> {
    const context = await browser.newContext(options);
    const opened = new ClassicPage(version, await Proxy.start(port), context, await context.newPage());
    await opened.load();
    return opened;
  }

  async load(): Promise<void> {
    await this.page.goto(`${this.proxy.url}/`);
    await this.page.addScriptTag({ url: `/${this.version}.js` });
  }

  /** Calls a function of the page. */
  call<T>(name: string, ...args: unknown[]): Promise<T> {
    return this.page.evaluate<T, [string, unknown[]]>(
      ([called, given]) =>
        (globalThis as unknown as Record<string, (...args: unknown[]) => T>)[called]?.(...given) as T,
      [name, args],
    );
  }

  /** Subscribes, and waits for `onOpen`. Another transport is no way out unless the options name one. */
  subscribe(path: string, options: ClassicOptions): Promise<void> {
    return this.call('openClient', { url: path, fallbackTransport: options.transport, ...options });
  }

  push(text: string): Promise<void> {
    return this.call('push', text);
  }

  /** All messages, once there are as many. */
  received(count: number): Promise<string[]> {
    return this.call('received', count);
  }

  /** All messages as one text, once it is as long: for a wire on which nothing says where a message ends. */
  receivedText(length: number): Promise<string> {
    return this.call('receivedText', length);
  }

  /** What the library called back. */
  events(): Promise<string[]> {
    return this.call('events');
  }

  uuid(): Promise<string> {
    return this.call('uuid');
  }

  unsubscribe(): Promise<void> {
    return this.call('unsubscribe');
  }

  async close(): Promise<void> {
    await this.context.close();
    await this.proxy.stop();
  }
}

/** Does the same in all pages at once, and says in which one it failed. */
export async function inAll(pages: readonly ClassicPage[], act: (page: ClassicPage) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(pages.map(act));
  const reasons = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`${pages[index]?.version}: ${(outcome.reason as Error).message}`] : [],
  );
  if (reasons.length > 0) throw new Error(reasons.join('\n\n'));
}

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { setImmediate } from 'node:timers/promises';
import type { App } from '@ionosphere/core';
import { makeApp, makeHost } from '../assembly';
import type { Host } from '../host';
import { urlOf } from '../native-app';
import type { Relay } from '../relay';
import type { ServeOptions } from '../serve-options';
import { bidFarewell } from '../server';
import { Holding } from './holding';
import { Link } from './link';
import { Neighbours } from './neighbours';

/**
 * A server as two threads see it, in one: the home of all resources, which listens nowhere, and the holder of all connections,
 * which answers nothing itself.
 */
export class RelayedServer {
  private constructor(
    readonly app: App,
    readonly url: string,
    /** What the home knows of the holder, which is number 1. */
    readonly neighbours: Neighbours,
    private readonly hosts: readonly Host[],
    private readonly ports: readonly MessagePort[],
  ) {}

  static async start(options: ServeOptions): Promise<RelayedServer> {
    const app = await makeApp(options);
    await app.start();
    const { port1, port2 } = new MessageChannel();
    const report = (cause: unknown): void => app.logger.error('What another thread said could not be done', { cause });
    const { config: requests, resources } = app;
    const neighbours = new Neighbours({ thread: 0, threads: 2, requests, resources, report });
    const home = makeHost(app, options, neighbours);
    neighbours.serve(home);
    neighbours.join(1, port1);
    const holder: Host = makeHost(
      app,
      options,
      relayAll(app, port2, (...frame) => holder.publish(...frame)),
    );
    const port = await holder.listen('127.0.0.1', 0);
    return new RelayedServer(app, urlOf(options.tls, '127.0.0.1', port), neighbours, [home, holder], [port1, port2]);
  }

  async stop(): Promise<void> {
    for (const host of this.hosts) host.drain();
    await this.app.stop();
    this.neighbours.flush();
    // What was said is heard, and done.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    for (const host of this.hosts) await bidFarewell(host, 1);
    for (const host of this.hosts) host.close();
    for (const port of this.ports) port.close();
  }
}

function relayAll(app: App, port: MessagePort, publish: Host['publish']): Relay {
  const link = new Link(port, (word) => holding.receive(word));
  const holding = new Holding(link, 0, publish);
  return {
    forward: (exchange, handshake) => {
      // Who comes back comes to a path that there is.
      if (handshake && !app.serves(exchange.path)) return false;
      holding.forward(exchange, handshake);
      return true;
    },
    publish: () => undefined,
    census: () => Promise.resolve({ resources: 0, threads: 2 }),
  };
}

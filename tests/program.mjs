// An application as an ES module, in plain JavaScript: the packages, tsyringe and their container are the CommonJS ones.
// Prints "ready <url>" when it listens, and stops on SIGTERM. Its argument is the number of seconds that stopping may take.
import 'reflect-metadata';
import { App as AppOfCore, ManagedService as ManagedServiceOfCore } from '@ionosphere/core';
import { App, DeliverTo, ManagedService, Message, serve } from '@ionosphere/server';
import { container, inject } from 'tsyringe';

class Slow {
  constructor(greeting) {
    this.greeting = greeting;
  }

  onMessage(order) {
    console.log(`began ${order}`);
    if (order === 'hang') return new Promise(() => undefined);
    if (order === 'slow') return new Promise((resolve) => setTimeout(() => resolve('answered'), 300));
    return `${this.greeting}, ${order}`;
  }
}

// What the TypeScript compiler makes of decorators.
Reflect.defineMetadata('design:paramtypes', [String], Slow.prototype, 'onMessage');
DeliverTo('RESOURCE')(Slow.prototype, 'onMessage');
Message()(Slow.prototype, 'onMessage');
Reflect.defineMetadata('design:paramtypes', [String], Slow);
inject('greeting')(Slow, undefined, 0);
ManagedService('/slow')(Slow);

container.registerInstance('greeting', 'Hello from the root container');

const server = await serve({
  port: 0,
  host: '127.0.0.1',
  services: [Slow],
  stopSeconds: Number(process.argv[2]),
});
const same = [AppOfCore === App, ManagedServiceOfCore === ManagedService, server.app instanceof App];
console.log(`ready ${server.url} ${same.join(' ')}`);

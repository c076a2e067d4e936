// The framework with many broadcasters. One message from the publisher is broadcast by many of them.
import {
  BroadcasterFactory,
  DeliverTo,
  ManagedService,
  Message,
  Ready,
  Resource,
  serve,
  silentLogger,
} from '@ionosphere/server';
import { ChatMessage } from './chat-message';
import { serveBench } from './control';
import { limits } from './ionosphere-limits';
import { argument } from './job';
import { roomNames, RoomPlan } from './room-plan';

const plan = new RoomPlan(argument(0), argument(1), argument(2));
const names = roomNames(argument(0));

@ManagedService({ path: '/rooms' })
class Rooms {
  constructor(private readonly broadcasters: BroadcasterFactory) {}

  @Ready()
  onReady(resource: Resource): void {
    for (const room of plan.admit()) resource.subscribe(this.broadcasters.lookup(names[room] as string));
  }
}

@ManagedService({ path: '/publish' })
class Publish {
  constructor(private readonly broadcasters: BroadcasterFactory) {}

  @Message()
  @DeliverTo('RESOURCE')
  onMessage(message: ChatMessage): void {
    plan.eachNext((room) => {
      message.time = Date.now();
      this.broadcasters.lookup(names[room] as string).broadcast(message);
    });
  }
}

void serve({ port: 0, host: '127.0.0.1', services: [Rooms, Publish], limits, logger: silentLogger }).then(({ port }) =>
  serveBench(port),
);

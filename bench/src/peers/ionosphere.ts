// The framework, as the README shows it: a validated DTO, the log and every interceptor that is on by default.
import {
  ApplicationConfig,
  Broadcaster,
  DeliverTo,
  ManagedService,
  Message,
  Resource,
  serve,
  silentLogger,
} from '@ionosphere/server';
import { ChatMessage } from './chat-message';
import { serveBench } from './control';
import { limits } from './ionosphere-limits';
import { HEARTBEAT_SECONDS } from './job';

@ManagedService({ path: '/echo' })
class Echo {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(message: ChatMessage): ChatMessage {
    message.time = Date.now();
    return message;
  }
}

@ManagedService({ path: '/fan' })
class Fan {
  @Message()
  onMessage(message: ChatMessage): ChatMessage {
    message.time = Date.now();
    return message;
  }
}

@ManagedService({ path: '/skip-self' })
class SkipSelf {
  @Message()
  onMessage(message: ChatMessage, sender: Resource, broadcaster: Broadcaster): void {
    message.time = Date.now();
    broadcaster.broadcast(message, { except: sender });
  }
}

@ManagedService({
  path: '/idle',
  atmosphereConfig: [`${ApplicationConfig.HEARTBEAT_INTERVAL_IN_SECONDS}=${HEARTBEAT_SECONDS}`],
})
class Idle {}

const services = [Echo, Fan, SkipSelf, Idle];
void serve({ port: 0, host: '127.0.0.1', services, limits, logger: silentLogger }).then(({ port }) => serveBench(port));

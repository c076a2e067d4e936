// The framework, as the README shows it: a validated DTO, the log and every interceptor that is on by default.
import { ApplicationConfig, DeliverTo, ManagedService, Message, serve, silentLogger } from '@ionosphere/server';
import { IsString, Length } from 'class-validator';
import { serveBench } from './control';
import { HEARTBEAT_SECONDS } from './job';

class ChatMessage {
  @IsString()
  @Length(1, 40)
  author!: string;

  @IsString()
  @Length(1, 500)
  message!: string;

  time?: number;
}

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

/** All clients come from one address, and as fast as they can; what counts a message is still there. */
const limits = {
  maxConnectionsPerAddress: 0,
  handshakesPerSecond: 0,
  rateLimitMessages: 1_000_000_000,
  rateLimitBurst: 1_000_000_000,
};

@ManagedService({
  path: '/idle',
  atmosphereConfig: [`${ApplicationConfig.HEARTBEAT_INTERVAL_IN_SECONDS}=${HEARTBEAT_SECONDS}`],
})
class Idle {}

void serve({ port: 0, host: '127.0.0.1', services: [Echo, Fan, Idle], limits, logger: silentLogger }).then(({ port }) =>
  serveBench(port),
);

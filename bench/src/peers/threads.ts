// The framework in as many threads as the argument says.
import { ManagedService, Message, serve, silentLogger } from '@ionosphere/server';
import { IsString, Length } from 'class-validator';
import { serveBench } from './control';

class ChatMessage {
  @IsString()
  @Length(1, 40)
  author!: string;

  @IsString()
  @Length(1, 500)
  message!: string;

  time?: number;
}

@ManagedService({ path: '/fan' })
class Fan {
  @Message()
  onMessage(message: ChatMessage): ChatMessage {
    message.time = Date.now();
    return message;
  }
}

const limits = {
  maxConnectionsPerAddress: 0,
  handshakesPerSecond: 0,
  rateLimitMessages: 1_000_000_000,
  rateLimitBurst: 1_000_000_000,
};

void serve({
  port: 0,
  host: '127.0.0.1',
  services: [Fan],
  threads: Number(process.argv[2]),
  module: __filename,
  limits,
  logger: silentLogger,
}).then(({ port }) => serveBench(port));

import { ManagedService, Message, Ready, Resource, serve } from '@ionosphere/server';
import { Length } from 'class-validator';
import { join } from 'node:path';

class Line {
  @Length(1, 40)
  author!: string;

  @Length(1, 500)
  text!: string;
}

/** One room for all: the page speaks over WebSocket, the program talk.ts over gRPC. */
@ManagedService('/chat')
class Chat {
  @Ready()
  onReady({ transport }: Resource): Line {
    return { author: 'server', text: `You are here over ${transport}.` };
  }

  @Message()
  onMessage(line: Line): Line {
    return line;
  }
}

async function main(): Promise<void> {
  const { PORT = '8080', GRPC_PORT = '9090' } = process.env;
  const files = { '/': join(__dirname, '..', 'public') };
  const server = await serve({ port: Number(PORT), grpc: { port: Number(GRPC_PORT) }, services: [Chat], files });
  console.log(`Chat is ready: http://localhost:${server.port}/ and, for gRPC, localhost:${server.grpcPort}`);
}

main().catch((error: Error) => {
  console.error(`grpc-chat: ${error.message}`);
  process.exitCode = 1;
});

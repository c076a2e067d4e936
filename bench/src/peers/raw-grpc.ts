// Bare grpc-js with the same definition, as its guide writes a stream in both directions.
import { Server, ServerCredentials, loadPackageDefinition, type ServerDuplexStream } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from '@ionosphere/grpc';
import { serveBench } from './control';
import { written, type ChatMessage } from './job';

interface Message {
  readonly type: string;
  readonly topic: string;
  readonly payload?: string;
}

type Call = ServerDuplexStream<Message, Message>;

const loaded = loadPackageDefinition(
  loadSync(protoPath, { keepCase: true, enums: String, defaults: true }),
) as unknown as {
  readonly org: {
    readonly atmosphere: { readonly grpc: { readonly AtmosphereService: { readonly service: object } } };
  };
};
const listeners = new Set<Call>();

function onMessage(call: Call, { type, topic, payload = '' }: Message): void {
  if (type === 'SUBSCRIBE') {
    if (topic === '/fan') listeners.add(call);
    call.write({ type: 'ACK', topic });
    return;
  }
  const answer = { type: 'MESSAGE', topic, payload: written(JSON.parse(payload) as ChatMessage) };
  if (topic === '/fan') for (const listener of listeners) listener.write(answer);
  else call.write(answer);
}

function Stream(call: Call): void {
  call.on('data', (message: Message) => onMessage(call, message));
  call.on('end', () => call.end());
  call.on('error', () => undefined);
  call.on('close', () => void listeners.delete(call));
}

const server = new Server();
server.addService(loaded.org.atmosphere.grpc.AtmosphereService.service as never, { Stream });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  serveBench(port);
});

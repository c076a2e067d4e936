// The load generator for gRPC: obeys the same words as loadgen/loadgen.c. It is in Node, with the library's own client, so the
// server is not always what is busy; CPU per message tells of it all the same.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { credentials, makeClientConstructor, type ClientDuplexStream, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from '@ionosphere/grpc';

type Call = ClientDuplexStream<object, Buffer>;

const MARK = 94; // '^'
const [mode = '', ...rest] = process.argv.slice(2);
const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({
  args: rest,
  options: {
    port: text,
    path: text,
    'publish-path': text,
    connections: text,
    depth: text,
    message: text,
    subscribers: text,
  },
});
const connections = Number(values.connections);
const depth = Number(values.depth);

const definition = loadSync(protoPath, { keepCase: true, enums: String });
const service = definition['org.atmosphere.grpc.AtmosphereService'] as ServiceDefinition;
const stream = {
  ...service.Stream,
  responseDeserialize: (bytes: Buffer): Buffer => bytes,
} as ServiceDefinition[string];
const Client = makeClientConstructor({ Stream: stream }, 'Bench');

let received = 0;
let bytes = 0;
let toSend = 0;
let onReceived: (call: Call) => void = () => undefined;

/** A stream, on a connection of its own, that has subscribed. */
async function subscribed(listens: boolean): Promise<Call> {
  const client = new Client(`127.0.0.1:${values.port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  }) as unknown as { Stream(): Call };
  const call = client.Stream();
  call.write({ type: 'SUBSCRIBE', topic: values.path });
  await once(call, 'data');
  call.on('data', (message: Buffer) => {
    if (!listens || !message.includes(MARK)) return;
    received++;
    bytes += message.length;
    onReceived(call);
  });
  return call;
}

function send(call: Call, count: number): void {
  for (let left = Math.min(count, toSend); left > 0; left--) {
    toSend--;
    call.write({ type: 'MESSAGE', topic: values.path, payload: values.message });
  }
}

/** Echo: each call sends its next message when one has come back. Fan-out: a burst, when all have got the last one. */
function run(count: number, calls: readonly Call[], publisher: Call | undefined): Promise<void> {
  received = bytes = 0;
  toSend = count;
  const wanted = publisher ? count * connections : count;
  return new Promise((resolve) => {
    onReceived = (call) => {
      if (received === wanted) return resolve();
      if (!publisher) send(call, 1);
      else if (received === (count - toSend) * connections) send(publisher, depth);
    };
    if (publisher) send(publisher, depth);
    else for (const call of calls) send(call, depth);
  });
}

async function main(): Promise<void> {
  const calls: Call[] = [];
  for (let index = 0; index < connections; index++) calls.push(await subscribed(true));
  const publisher = mode === 'fan' ? await subscribed(false) : undefined;
  console.log('ready');
  for await (const line of createInterface(process.stdin)) {
    const begun = performance.now();
    const before = process.cpuUsage();
    await run(Number(line.split(' ')[1]), calls, publisher);
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - begun) / 1000;
    console.log(JSON.stringify({ messages: received, bytes, seconds, busySeconds: (user + system) / 1e6 }));
  }
  process.exit();
}

void main();

// The server that the chaos test does its worst to, in a process of its own so that it can really die. It is told what to
// send over IPC, and notes what it does in the file of its first argument; the file outlives it.
import 'reflect-metadata';
import { appendFileSync, readFileSync } from 'node:fs';
import {
  type Broadcaster,
  type Delivery,
  Disconnect,
  isPromise,
  ManagedService,
  Message,
  Ready,
  type Request,
  Resource,
  ResourceEvent,
  serve,
  type Server,
} from '@ionosphere/server';
import { SqliteStore } from '@ionosphere/sqlite';
import type { Holder, ServerNote } from './history.fixture';
import type { ServerOrder, ServerSettings } from './server-process.fixture';
import { bodyOf } from './message.fixture';

const settings = JSON.parse(process.argv[2] ?? '{}') as ServerSettings;
const realNow = Date.now;
let clockOffset = 0;
Date.now = () => realNow() + clockOffset;

/** Written at once: what a process has noted is there when it is killed. */
function note(entry: ServerNote): void {
  appendFileSync(settings.journal, `${JSON.stringify(entry)}\n`);
}

/** A client by its name, which stays when its uuid changes. */
interface Known {
  readonly client: string;
  readonly resource: Resource;
  topics: ReadonlySet<string>;
  attempt: number;
  held: Holder;
}

const known = new Map<string, Known>();
let server: Server | undefined;

function attemptOf(request: Request): number {
  return Number(request.query.get('attempt'));
}

function clientOf(request: Request): string {
  return request.query.get('client') ?? '';
}

/** Whose resource it is. One of an earlier process has a request without a name until its client is back. */
function ownerOf({ uuid, request }: Resource): string {
  for (const { client, resource } of known.values()) if (resource.uuid === uuid) return client;
  return clientOf(request);
}

/** Topics that a client wants besides that of its path. */
function othersOf(request: Request): string[] {
  const named = request.query.get('topics')?.split(',') ?? [];
  return named.filter((name) => name !== '');
}

function topic(name: string): Broadcaster {
  if (!server) throw new Error('the server does not listen yet');
  return server.app.broadcasters.lookup(name);
}

/** Notes a connection before it is attached, and subscribes those who are new. */
function connected(request: Request, resource: Resource): Resource {
  const [client, attempt] = [clientOf(request), attemptOf(request)];
  const before = known.get(client);
  const fresh = before?.resource !== resource;
  // A request that was held up on its way, or came twice, and that its client does not wait for any more.
  if (fresh && before && attempt <= before.attempt) return resource;
  const asked = request.wire.trackingId ?? request.header('last-event-id')?.split('/')[0];
  const { uuid } = resource;
  note({ note: 'connect', client, attempt, uuid, asked, fresh, at: realNow() });
  const others = othersOf(request);
  const topics = new Set([request.path, ...others, `@${client}`]);
  if (!fresh) {
    before.attempt = Math.max(before.attempt, attempt);
    // Of a process that was started again: a topic that nobody had asked for yet was not there when it remembered.
    before.topics = topics;
    return resource;
  }
  for (const name of others) resource.subscribe(topic(name));
  known.set(client, { client, resource, topics, attempt, held: 'away' });
  return resource;
}

function holderOf({ state, request }: Resource): Holder {
  if (state === 'closed') return 'gone';
  return state === 'ready' ? attemptOf(request) : 'away';
}

function send(id: number, to: string): void {
  const at = realNow();
  for (const one of known.values()) {
    if (!one.topics.has(to)) continue;
    const by = holderOf(one.resource);
    if (by !== one.held) note({ note: 'held', client: one.client, by: (one.held = by), at });
  }
  note({ note: 'send', id, topic: to, at });
  const body = bodyOf(id);
  if (!to.startsWith('@')) return promised(id, topic(to).broadcast(body));
  const { resource } = known.get(to.slice(1)) ?? {};
  resource?.send(body);
  // What is sent to one client alone is safe with what is broadcast after it; nothing is broadcast.
  if (resource) promised(id, resource.broadcaster.broadcast(undefined));
}

/** Notes when a message is safe; one that never was is as if it had not been. */
function promised(id: number, delivery: Delivery): void {
  if (settings.store !== undefined)
    delivery.then(
      () => note({ note: 'safe', id }),
      () => undefined,
    );
}

/** Who is there again from the process before: what it noted says whose each resource is. */
function remember({ app }: Server): void {
  for (const line of readFileSync(settings.journal, 'utf8').split('\n')) {
    const entry = line.endsWith('}') ? (JSON.parse(line) as ServerNote) : undefined;
    const resource = entry?.note === 'connect' ? app.resources.find(entry.uuid) : undefined;
    if (entry?.note !== 'connect' || !resource) continue;
    const { client, attempt } = entry;
    const topics = new Set([...resource.broadcasters.map(({ id }) => id), `@${client}`]);
    known.set(client, { client, resource, topics, attempt, held: 'away' });
  }
}

class Observed {
  @Ready()
  onReady({ recovered, gap, resource: { request } }: ResourceEvent): void {
    note({ note: 'ready', client: clientOf(request), attempt: attemptOf(request), recovered, gap });
  }

  @Disconnect()
  onDisconnect({ isCancelled, isClosedByClient, resource }: ResourceEvent): void {
    const ending = isCancelled ? 'cancelled' : isClosedByClient ? 'closed by client' : 'closed by application';
    note({ note: 'end', client: ownerOf(resource), uuid: resource.uuid, ending });
  }

  @Message()
  onMessage(text: string, resource: Resource): void {
    note({ note: 'heard', client: ownerOf(resource), text });
  }
}

@ManagedService('/feed/{name}')
class Feed extends Observed {}

/** A log so small that those who are away for a moment fall off it. */
@ManagedService({ path: '/brief/{name}', config: { logMessages: 3 } })
class Brief extends Observed {}

/** Who comes back gets what is not proven to have arrived. A dead connection is noticed before it counts as a proof. */
@ManagedService({ path: '/sure/{name}', config: { delivery: 'at-least-once', proofSeconds: 5 } })
class Sure extends Observed {}

function jump(millis: number): void {
  note({ note: 'clock', millis });
  clockOffset += millis;
}

function obey(order: ServerOrder): void {
  if (order.order === 'send') send(order.id, order.topic);
  else jump(order.millis);
}

async function main(): Promise<void> {
  note({ note: 'run', run: settings.run, durable: settings.store !== undefined, killed: settings.killed });
  const { recoverySeconds, pollGraceSeconds, heartbeatSeconds } = settings;
  server = await serve({
    port: 0,
    host: '127.0.0.1',
    services: [Feed, Brief, Sure],
    stopSeconds: 2,
    config: { recoverySeconds, pollGraceSeconds, heartbeatSeconds },
    ...(settings.store !== undefined && { store: new SqliteStore({ file: settings.store }) }),
    // All clients have one address.
    limits: { handshakesPerSecond: 0, maxConnectionsPerAddress: 0 },
    interceptors: [
      {
        connect: (request, next) => {
          const resource = next(request);
          return isPromise(resource) ? resource.then((one) => connected(request, one)) : connected(request, resource);
        },
      },
    ],
  });
  if (settings.store !== undefined) remember(server);
  process.on('message', (order) => obey(order as ServerOrder));
  // The test that is killed takes it along.
  process.on('disconnect', () => process.exit());
  process.channel?.unref();
  process.send?.({ port: server.port });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

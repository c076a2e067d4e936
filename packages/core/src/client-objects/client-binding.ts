import type { Payload } from '@ionosphere/protocol';
import type { Call } from '../methods/call';
import { encodeValue } from '../codec/codec';
import { fieldsOf } from '../declaration/declaration';
import { DeclarationError, Failure } from '../errors';
import { fold, stagesOf, type Interceptor } from '../interceptors/interceptor';
import type { Chosen, EventMethod, MessageMethod } from '../methods/message-method';
import type { Class } from '../declaration/metadata';
import type { ResourceEvent } from '../resource/resource-event';
import { isPromise, type MaybePromise } from '../time/settle';
import { AtmosphereClient } from './atmosphere-client';
import type { ClientMessage, Connected, Disconnected } from './client-message';
import { clientOf, putClient } from './client-places';
import type { ClientRoute } from './client-route';

/** The part of a service that a route of client objects makes. */
export interface ClientMethods {
  readonly ready: EventMethod;
  readonly disconnect: EventMethod;
  readonly onError: EventMethod;
  readonly choose: (payload: Payload) => Chosen;
}

/** A client answers by what it sends; what `receive` returns goes nowhere. */
const silent = { target: 'RESOURCE', options: { encode: encodeValue } } as const;

/** Compiles a route of client objects. */
export function bindClients(name: string, route: ClientRoute, interceptors: readonly Interceptor[]): ClientMethods {
  const around = stagesOf(interceptors, 'event');
  const event = (run: (call: Call) => MaybePromise<void>): EventMethod => ({
    ...silent,
    run: fold<Call, unknown>(around, (call) => nothing(run(call))),
  });
  const clientAt = (call: Call): AtmosphereClient => clientOf(call.resource) ?? makeClient(name, route, call);
  const read = (payload: Payload): ClientMessage | Failure => parsed(route, payload);
  const message: MessageMethod = {
    ...silent,
    name: 'receive',
    takes: 'any',
    greedy: true,
    selective: false,
    read: ({ payload }) => read(payload),
    run: fold<Call, unknown>(stagesOf(interceptors, 'inbound'), (call) =>
      nothing(clientAt(call).receive(call.value as ClientMessage)),
    ),
  };
  return {
    ready: event((call) => clientAt(call).receive(connected(call.event))),
    disconnect: event((call) => clientOf(call.resource)?.receive(disconnected(call.event))),
    onError: event((call) => failed(route, call)),
    choose: (payload) => {
      const value = read(payload);
      return value instanceof Failure ? value : { method: message, value };
    },
  };
}

function parsed({ wireFormat }: ClientRoute, payload: Payload): ClientMessage | Failure {
  try {
    return wireFormat.parse(payload);
  } catch (cause) {
    return cause instanceof Failure ? cause : new Failure('malformed-message', undefined, { cause });
  }
}

function makeClient(name: string, { make, wireFormat }: ClientRoute, { resource, endpoint }: Call): AtmosphereClient {
  const client = make();
  if (!(client instanceof AtmosphereClient))
    throw new DeclarationError(`${name}: what its function makes is no AtmosphereClient; return new YourClient()`);
  const type = client.constructor as Class;
  for (const [field, { pathParam: variable }] of fieldsOf(type)) {
    if (variable === undefined)
      throw new DeclarationError(`${type.name}.${field}: @Named is for @ManagedService; a client object has broadcast`);
    if (!endpoint.params.has(variable))
      throw new DeclarationError(
        `${type.name}.${field}: @PathParam('${variable}') names no variable of the path ${endpoint.service.template.text}`,
      );
    Object.assign(client, { [field]: endpoint.params.get(variable) });
  }
  putClient(client, { resource, render: (value) => wireFormat.render(value) });
  return client;
}

function connected(event: ResourceEvent | undefined): Connected {
  return { type: 'Connected', recovered: event?.recovered ?? false, gap: event?.gap ?? false };
}

function disconnected(event: ResourceEvent | undefined): Disconnected {
  if (event?.isClosedByApplication)
    return { type: 'Disconnected', by: 'ServerDisconnected', error: event.throwable as Failure | undefined };
  const error = event?.isCancelled ? new Error('The client vanished, and did not come back in time.') : undefined;
  return { type: 'Disconnected', by: 'ClientDisconnected', error };
}

/** The client first, then the error block, which hears of it even when the client fails again. */
function failed({ error }: ClientRoute, { resource, failure }: Call): MaybePromise<void> {
  if (!failure) return;
  const client = clientOf(resource);
  const block = (): void => error?.(failure.cause ?? failure, client, failure);
  let told: MaybePromise<void>;
  try {
    told = client?.receive({ type: 'ErrorEvent', error: failure });
  } catch (again) {
    block();
    throw again;
  }
  if (isPromise(told)) return Promise.resolve(told).finally(block);
  block();
}

function nothing(result: MaybePromise<unknown>): MaybePromise<undefined> {
  return isPromise(result) ? result.then(() => undefined) : undefined;
}

import { bindClients } from '../client-objects/client-binding';
import { clientRoute, type ClientRouteMetadata, type ClientRouteParts } from '../client-objects/client-route';
import type { Declaration } from '../declaration/declaration';
import { DeclarationError } from '../errors';
import type { Interceptor } from '../interceptors/interceptor';
import type { Service } from './service';
import { bindStream, type StreamParts } from '../streams/stream-binding';
import type { StreamMetadata } from '../streams/stream-service';
import { bindHandler } from '../web-socket/web-socket-handler';

/** The part of a service that its class makes: by decorated methods, or by one of the faces in this file. */
export type Methods = Pick<
  Service,
  | 'ready'
  | 'disconnect'
  | 'beat'
  | 'resume'
  | 'onError'
  | 'verbs'
  | 'choose'
  | 'control'
  | 'clients'
  | 'handshake'
  | 'ended'
  | 'roundTrip'
>;

/** What no face but that of decorated methods has. */
export const faceless = {
  beat: undefined,
  resume: undefined,
  verbs: new Map<string, never>(),
  control: undefined,
  clients: undefined,
  handshake: undefined,
  ended: undefined,
  roundTrip: undefined,
};

/** A class with `@WebSocketHandlerService`. */
export function handlerMethods(declaration: Declaration, interceptors: readonly Interceptor[]): Methods {
  refuseDecorated(declaration, 'a @WebSocketHandlerService implements WebSocketHandler', [
    'PostConstruct',
    'PreDestroy',
  ]);
  return { ...faceless, ...bindHandler(declaration.type, interceptors) };
}

/** A class with `@AtmosphereRoute`, or `atmosphere(path, make)`. */
export function clientMethods(
  declaration: Declaration,
  metadata: ClientRouteMetadata,
  interceptors: readonly Interceptor[],
  parts: ClientRouteParts,
): Methods {
  const { type, singleton } = declaration;
  refuseDecorated(declaration, 'an AtmosphereClient gets all in receive');
  if (singleton)
    throw new DeclarationError(
      `${type.name}: @Singleton is for @ManagedService; each client has an object of its own. Remove it`,
    );
  const clients = clientRoute(type, metadata, parts);
  return { ...faceless, ...bindClients(type.name, clients, interceptors), clients };
}

/** A class with `@StreamService`, or `stream(path, open)`. */
export function streamMethods(
  declaration: Declaration,
  metadata: StreamMetadata,
  parts: Omit<StreamParts, 'name'>,
): Methods {
  refuseDecorated(declaration, 'a @StreamService gives its streams in open', ['PostConstruct', 'PreDestroy']);
  return { ...faceless, ...bindStream(metadata, { ...parts, name: declaration.type.name }) };
}

function refuseDecorated({ type, methods }: Declaration, instead: string, allowed: readonly string[] = []): void {
  const decorated = methods.find(({ kind }) => !allowed.includes(kind));
  if (decorated)
    throw new DeclarationError(`${type.name}.${decorated.name}: @${decorated.kind} is for @ManagedService; ${instead}`);
}

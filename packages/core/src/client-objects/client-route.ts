import type { Failure } from '../errors';
import type { Class, Provided, ServiceOptions } from '../declaration/metadata';
import type { AtmosphereClient } from './atmosphere-client';
import { WireFormat } from './wire-format';

/** What a route of client objects says besides what every service says. */
export interface ClientRouteOptions {
  /** How messages look on the wire. Default: JSON or text, bytes as bytes. */
  readonly wireFormat?: Provided<WireFormat> | undefined;
  /**
   * The error block: told of every failure on the route, after the client it is of has received `ErrorEvent`. Default: none.
   *
   * @param error what was thrown
   * @param failure what the client was told
   */
  readonly error?: ((error: unknown, client: AtmosphereClient | undefined, failure: Failure) => void) | undefined;
}

/** Attributes of `@AtmosphereRoute`. */
export interface AtmosphereRouteOptions extends ServiceOptions, ClientRouteOptions {}

/** What is known of a route before it is bound. */
export interface ClientRouteMetadata extends ClientRouteOptions {
  /** Makes the object of a client. Default: the container does, of the class. */
  readonly make?: (() => AtmosphereClient) | undefined;
}

/** A route, ready to make clients. */
export interface ClientRoute {
  readonly make: () => unknown;
  readonly wireFormat: WireFormat;
  readonly error: ClientRouteOptions['error'];
}

/** What a route is made ready with. */
export interface ClientRouteParts {
  /** Gives the object itself, or the one that the container makes of a class. */
  readonly provide: <T>(provided: Provided<T>) => T;
  /** A new object of a class, which the container does not keep. */
  readonly construct: (type: Class<object>) => object;
}

export function clientRoute(
  type: Class<object>,
  { make, wireFormat = WireFormat, error }: ClientRouteMetadata,
  { provide, construct }: ClientRouteParts,
): ClientRoute {
  return {
    make: make ?? (() => construct(type)),
    wireFormat: provide(wireFormat),
    error,
  };
}

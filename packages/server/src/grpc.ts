import type { App, GrpcListener, GrpcOptions } from '@ionosphere/core';

/** What this package needs of `@ionosphere/grpc`, which it does not depend on. */
interface GrpcModule {
  readonly GrpcServer: { start(app: App, options: GrpcOptions): Promise<GrpcListener> };
}

const PACKAGE = '@ionosphere/grpc';

/** Starts gRPC in front of an app. The package is loaded here and not before: whoever does without it need not have it. */
export function startGrpc(
  app: App,
  options: GrpcOptions,
  load: (name: string) => unknown = (name) => module.require(name) as unknown,
): Promise<GrpcListener> {
  return (loaded(load) as GrpcModule).GrpcServer.start(app, options);
}

function loaded(load: (name: string) => unknown): unknown {
  try {
    return load(PACKAGE);
  } catch (cause) {
    const { code, message } = cause as { code?: string; message?: string };
    if (code !== 'MODULE_NOT_FOUND' || !message?.includes(`'${PACKAGE}'`)) throw cause;
    throw new Error(`serve: the option grpc needs the package ${PACKAGE}: npm install ${PACKAGE}`, { cause });
  }
}

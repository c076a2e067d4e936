export * from '@ionosphere/core';
export { ConsoleLogger, type LogLevel } from './console-logger';
export { logContext, LogContextInterceptor } from './interceptors/log-context';
export { type TlsOptions } from './tls';
export { type RouteHandler, type RouteMethod, type RouteRequest, type Routes } from './http-routes';
export { metrics } from './metrics';
export { serve, Server, type ServeOptions } from './serve';
export type { ServerStopOptions } from './server';
export { type WebSocketOptions } from './websocket';

export * from '@ionosphere/core';
export { ConsoleLogger, type LogLevel } from './console-logger';
export { type TlsOptions } from './host';
export { serve, Server, type ServeOptions } from './serve';
export { type WebSocketOptions } from './websocket';

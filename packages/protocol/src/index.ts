export * from './names';
export * from './framing';
export * from './handshake';
export * from './failures';

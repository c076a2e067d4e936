export * from './names';
export * from './framing';
export * from './handshake';
export * from './position';
export * from './envelope';
export * from './failures';

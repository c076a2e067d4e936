// For applications: test a service without a socket.
export { connect, type ConnectOptions, MemoryClient, type Target } from './client';
export { type LogLine, RecordingLogger } from './recording-logger';
export { TestClock } from './test-clock';

// For authors of transports, codecs and logs: one list of behaviours for all of a kind.
export { Receiver, type ReceiverOptions } from './receiver';
export {
  type Abilities,
  Refusal,
  type SuiteClient,
  type SuiteConnect,
  type SuiteHarness,
  type SuiteServer,
  type TestRunner,
} from './suite/harness';
export { transportSuite } from './suite/transport-suite';
export { type CodecCase, codecSuite } from './suite/codec-suite';
export { logSuite } from './suite/log-suite';

import type { Payload } from '@ionosphere/protocol';
import type { Call } from '../methods/call';
import { encodeValue, encodeWith, jsonCodec } from '../codec/codec';
import type { Handshake } from '../service/entrance';
import { Failure } from '../errors';
import { fold, stagesOf, type Interceptor } from '../interceptors/interceptor';
import { chooser, type Chosen, type EventMethod, type MessageMethod } from '../methods/message-method';
import type { Provided } from '../declaration/metadata';
import { compileReader, type ReaderParts, type Reading } from '../methods/reader';
import type { Resource } from '../resource/resource';
import { after, type MaybePromise } from '../time/settle';
import { StreamRequest } from './stream-request';
import type { StreamMetadata } from './stream-service';
import { StreamSession, type SourceIterator } from './stream-session';
import type { Consumer, MessageKind, StreamHandler, Streams } from './streams';

/** The part of a service that its streams make. */
export interface StreamMethods {
  readonly ready: EventMethod;
  readonly disconnect: EventMethod;
  readonly onError: undefined;
  readonly choose: (payload: Payload) => MaybePromise<Chosen>;
  readonly handshake: Handshake;
  readonly ended: (resource: Resource) => void;
}

/** What a service of streams is compiled with. */
export interface StreamParts extends Pick<ReaderParts, 'dto' | 'warn'> {
  readonly name: string;
  readonly interceptors: readonly Interceptor[];
  readonly provide: <T>(provided: Provided<T>) => T;
}

/** What methods return goes nowhere: `out` is what is sent. */
const silent = { target: 'RESOURCE', options: { encode: encodeValue } } as const;

/** Compiles a service of streams. */
export function bindStream({ messages = 'text', encoders = [] }: StreamMetadata, parts: StreamParts): StreamMethods {
  const { name, interceptors, provide } = parts;
  const sessions = new WeakMap<Resource, StreamSession>();
  const encode = encodeWith(name, encoders.map(provide));
  const around = stagesOf(interceptors, 'event');
  const event = (run: (session: StreamSession | undefined) => void): EventMethod => ({
    ...silent,
    run: fold<Call, unknown>(around, ({ resource }) => run(sessions.get(resource))),
  });
  const message: MessageMethod = {
    ...silent,
    name: 'in',
    ...readingOf(messages, parts),
    run: fold<Call, unknown>(stagesOf(interceptors, 'inbound'), ({ resource, value }) => {
      const session = sessions.get(resource);
      if (!session) throw new Failure('unknown-resource', 'This service has streams; connect before you send.');
      return session.push(value);
    }),
  };
  return {
    ready: event((session) => session?.start()),
    disconnect: event((session) => session?.endIn()),
    onError: undefined,
    choose: chooser(name, [message]),
    ended: (resource) => sessions.get(resource)?.end(),
    handshake: (incoming, endpoint, known) => {
      // A client that comes back goes on with the same streams.
      if (known && sessions.has(known)) return undefined;
      const request = new StreamRequest(incoming, endpoint.params);
      return after((endpoint.instance as StreamHandler).open(request), (streams) => {
        if (streams instanceof Failure) throw streams;
        const { consume, out } = checked(name, streams);
        return {
          begin: (resource) => sessions.set(resource, new StreamSession({ consume, out, request, resource, encode })),
          abandon: () => void out?.return?.(),
        };
      });
    },
  };
}

function readingOf(messages: MessageKind, { name, dto, warn }: StreamParts): Reading {
  const base = { where: name, decorator: 'messages', decoders: [], options: {}, dto, warn, type: undefined };
  switch (messages) {
    case 'any':
      return compileReader(base);
    case 'json':
      return compileReader({ ...base, decoders: [jsonCodec] });
    case 'text':
      return compileReader({ ...base, type: { value: String } });
    case 'binary':
      return compileReader({ ...base, type: { value: Buffer } });
    default:
      if ('~standard' in messages) return compileReader({ ...base, options: { schema: messages } });
      return compileReader({ ...base, type: { value: messages } });
  }
}

function checked(name: string, streams: unknown): Opened {
  if (typeof streams !== 'object' || streams === null)
    throw new TypeError(`${name}: open gave ${String(streams)}; it must give { in, out }, or a Failure`);
  const { in: consume, out } = streams as Streams<unknown>;
  if (consume !== undefined && typeof consume !== 'function')
    throw new TypeError(`${name}: in is ${typeof consume}; it must be a function that takes the messages`);
  return { consume, out: out === undefined ? undefined : iteratorOf(name, out) };
}

interface Opened {
  readonly consume: Consumer<unknown> | undefined;
  readonly out: SourceIterator | undefined;
}

function iteratorOf(name: string, out: unknown): SourceIterator {
  const source = (typeof out === 'object' && out !== null ? out : {}) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  const iterator = source[Symbol.asyncIterator]?.() ?? source[Symbol.iterator]?.();
  if (iterator) return iterator;
  const mend = typeof out === 'string' ? '; for one text use once(text)' : '';
  throw new TypeError(`${name}: out is ${typeof out}; it must be iterable, or a ReadableStream${mend}`);
}

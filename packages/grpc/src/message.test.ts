import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import fc from 'fast-check';
import { decodeMessage, encodeMessage, type GrpcMessage } from './message';
import { protoPath, SERVICE_NAME } from './definition';

const loaded = loadSync(protoPath, { keepCase: true, defaults: true });
const { requestSerialize, requestDeserialize } = (loaded[SERVICE_NAME] as ServiceDefinition)['Send']!;

/** A message as the library has it. */
function toLibrary({ type, topic, payload, headers, trackingId }: GrpcMessage): object {
  const body = typeof payload === 'string' ? { payload } : { binary_payload: Buffer.from(payload) };
  return { type, topic, ...body, headers: Object.fromEntries(headers), tracking_id: trackingId };
}

const text = fc.string({ unit: 'binary', maxLength: 40 });
const messages: fc.Arbitrary<GrpcMessage> = fc.record({
  type: fc.integer({ min: 0, max: 5 }),
  topic: text,
  payload: fc.oneof(text, fc.uint8Array({ minLength: 1, maxLength: 300 })),
  headers: fc.array(fc.tuple(fc.string({ minLength: 1 }), text), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  trackingId: text,
});

describe('AtmosphereMessage', () => {
  it('is read by the library as it was written here', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const read = requestDeserialize(encodeMessage(message)) as Record<string, unknown>;
        const expected = { payload: '', binary_payload: Buffer.alloc(0), ...toLibrary(message) };
        expect({ ...read, type: typeOf(read['type']) }).toEqual(expected);
      }),
    );
  });

  it('is read here as the library wrote it', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const read = decodeMessage(requestSerialize(toLibrary(message)));
        expect({ ...read, payload: plain(read.payload) }).toEqual({ ...message, payload: plain(message.payload) });
      }),
    );
  });

  it('skips fields of later versions', () => {
    const later = Buffer.concat([encodeMessage({ topic: '/a' }), Buffer.from([0x38, 7, 0x42, 2, 1, 2])]);
    expect(decodeMessage(later).topic).toBe('/a');
  });

  it('throws at bytes that are none, and never returns half of them', () => {
    const whole = encodeMessage({ type: 2, topic: '/chat', payload: 'hello', headers: new Map([['a', 'b']]) });
    const cut = encodeMessage({ topic: '/chat', payload: 'hello' });
    const noText = Buffer.from([18, 2, 47, 0xff]);
    for (const bytes of [
      Buffer.from('hello'),
      Buffer.alloc(3, 0xff),
      whole.subarray(0, -1),
      cut.subarray(0, -1),
      noText,
    ])
      expect(() => decodeMessage(bytes)).toThrow();
    expect(decodeMessage(encodeMessage({ payload: '\ufffd' })).payload).toBe('\ufffd');
  });

  it('reads or refuses any bytes, and comes to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          expect(decodeMessage(bytes).headers).toBeInstanceOf(Map);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const plain = (payload: GrpcMessage['payload']): unknown => (typeof payload === 'string' ? payload : [...payload]);

const names = ['SUBSCRIBE', 'UNSUBSCRIBE', 'MESSAGE', 'HEARTBEAT', 'ACK', 'ERROR'];
const typeOf = (type: unknown): unknown => (typeof type === 'string' ? names.indexOf(type) : type);

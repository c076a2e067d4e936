import assert from 'node:assert/strict';
import type { Decoder, Encoder, Payload } from '@ionosphere/core';
import { show } from '../mailbox';
import { runnerOr, type TestRunner } from './harness';

/** A codec, and what it is for. */
export interface CodecCase<T> {
  readonly name: string;
  /** Both directions, or the one that there is. */
  readonly codec: Partial<Decoder<T>> & Partial<Encoder<T>>;
  /** Values that it can encode, each with a payload that decodes to it. */
  readonly samples: readonly { readonly value: T; readonly payload: Payload }[];
  /** Payloads that it must refuse: by `accepts`, or by throwing. Default: none. */
  readonly malformed?: readonly Payload[];
}

/** Payloads and values of every kind: `accepts` has to bear them all. */
const payloads: readonly Payload[] = ['', 'text', '{}', new Uint8Array(), Uint8Array.of(0xff, 0xfe)];
const values: readonly unknown[] = [undefined, null, 0, '', 'text', {}, [], Uint8Array.of(1), new Date(0), Symbol('s')];

/** Registers the tests that every encoder and decoder must pass. */
export function codecSuite<T>(subject: CodecCase<T>, runner?: TestRunner): void {
  const { describe, test } = runnerOr(runner);
  const { name, codec, samples, malformed = [] } = subject;
  const decoder = codec.decode ? (codec as Decoder<T>) : undefined;
  const encoder = codec.encode ? (codec as Encoder<T>) : undefined;
  assert(decoder ?? encoder, `${name} neither encodes nor decodes`);
  assert(samples.length > 0, `${name} needs a sample at least`);
  describe(name, () => {
    test('says of anything whether it accepts it', () => {
      // An object may be both; then it is asked about payloads and values alike.
      for (const asked of [...payloads, ...values]) assertBoolean(codec.accepts?.(asked as Payload));
    });
    if (decoder) {
      test('decodes', () => decodes(decoder, samples));
      for (const payload of malformed) test(`refuses ${show(payload)}`, () => refuses(decoder, payload));
    }
    if (encoder) test('encodes to text or bytes, without a change to the value', () => encodes(encoder, samples));
    if (encoder && decoder) test('decodes what it has encoded', () => roundTrips(encoder, decoder, samples));
  });
}

type Samples<T> = CodecCase<T>['samples'];

function assertBoolean(answer: unknown): void {
  assert(answer === undefined || typeof answer === 'boolean', `accepts() gave ${typeof answer}`);
}

function decodes<T>(decoder: Decoder<T>, samples: Samples<T>): void {
  for (const { value, payload } of samples) {
    assert(decoder.accepts?.(payload) ?? true, `it does not accept ${show(payload)}`);
    same(decoder.decode(payload), value);
  }
}

function refuses<T>(decoder: Decoder<T>, payload: Payload): void {
  if (decoder.accepts?.(payload) ?? true) assert.throws(() => decoder.decode(payload));
}

function encodes<T>(encoder: Encoder<T>, samples: Samples<T>): void {
  for (const { value } of samples) {
    const before = structuredClone(value);
    assert(encoder.accepts?.(value) ?? true, 'it does not accept a sample');
    const payload: unknown = encoder.encode(value);
    assert(typeof payload === 'string' || payload instanceof Uint8Array, `encode() gave ${typeof payload}`);
    assert.deepEqual(structuredClone(value), before);
  }
}

function roundTrips<T>(encoder: Encoder<T>, decoder: Decoder<T>, samples: Samples<T>): void {
  for (const { value } of samples) same(decoder.decode(encoder.encode(value)), value);
}

/** Bytes are the same in whichever view they come. */
function same(actual: unknown, expected: unknown): void {
  if (actual instanceof Uint8Array && expected instanceof Uint8Array)
    return assert.deepEqual(Buffer.from(actual), Buffer.from(expected));
  assert.deepEqual(actual, expected);
}

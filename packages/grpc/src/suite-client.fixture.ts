import { credentials, loadPackageDefinition, type ClientDuplexStream, type GrpcObject } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { FailureMessage, Payload } from '@ionosphere/core';
import { failures } from '@ionosphere/protocol';
import { Receiver, Refusal, type SuiteClient } from '@ionosphere/testing';
import { protoPath } from './index';

/** A message as a client in any language has it: made by the library from atmosphere.proto. */
export interface WireMessage {
  readonly type: string;
  readonly topic: string;
  readonly payload: string;
  readonly binary_payload: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly tracking_id: string;
}

/** The client that the library makes from atmosphere.proto. */
export function stub(address: string, channelCredentials = credentials.createInsecure()): AnyClient {
  const loaded = loadPackageDefinition(
    loadSync(protoPath, { keepCase: true, enums: String, defaults: true }),
  ) as unknown as { org: { atmosphere: { grpc: GrpcObject } } };
  const Service = loaded.org.atmosphere.grpc['AtmosphereService'] as unknown as new (...args: unknown[]) => AnyClient;
  return new Service(address, channelCredentials);
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- made at run time, its methods have no types
export type AnyClient = any;

export type BidiCall = ClientDuplexStream<Partial<WireMessage>, WireMessage>;

/** Where a client connects. */
export interface Target {
  readonly address: string;
  readonly path: string;
  readonly protocol: boolean;
}

/** A client of `Stream` with one topic. */
export class GrpcSuiteClient implements SuiteClient {
  readonly #stub: AnyClient;
  readonly #receiver = new Receiver({ framed: false, protocol: false });
  readonly #target: Target;
  #call: BidiCall | undefined;
  #over: Promise<unknown> | undefined;
  uuid = '';
  heartbeatMillis: number | undefined;
  heartbeats = 0;
  closed!: Promise<void>;

  constructor(target: Target) {
    this.#target = target;
    this.#stub = stub(target.address);
  }

  get messages(): readonly Payload[] {
    return this.#receiver.messages;
  }

  receive(): Promise<Payload> {
    return this.#receiver.next(5000);
  }

  async reconnect(): Promise<void> {
    const older = this.#over;
    const call = this.#stub.Stream() as BidiCall;
    this.#call = call;
    this.#receiver.arm();
    let closed: () => void;
    this.closed = new Promise((resolve) => (closed = resolve));
    this.#over = new Promise<void>((resolve) => {
      call.on('status', () => {
        resolve();
        if (call !== this.#call) return;
        this.#receiver.end(new Error('the stream has ended'));
        closed();
      });
    });
    const subscribed = new Promise<void>((resolve, reject) => {
      call.on('data', (message: WireMessage) => this.#take(message, resolve));
      call.on('error', (error: Error & { code: number }) => {
        const row = Object.values(failures).find(({ grpc }) => grpc === error.code);
        reject(row ? new Refusal(row.status) : error);
      });
    });
    const { path, protocol } = this.#target;
    const headers: Record<string, string> = protocol ? {} : { 'X-Heartbeat-Server': '0' };
    call.write({ type: 'SUBSCRIBE', topic: path, headers, tracking_id: this.uuid });
    await subscribed;
    await older;
  }

  #take(message: WireMessage, subscribed: () => void): void {
    if (message.type === 'ACK') {
      this.uuid = message.tracking_id;
      this.heartbeatMillis = Number(message.headers['heartbeat-millis']);
      subscribed();
    } else if (message.type === 'HEARTBEAT') this.heartbeats++;
    else if (message.type === 'ERROR') this.#receiver.take(message.payload);
    else if (message.type === 'MESSAGE')
      this.#receiver.take(message.binary_payload.length > 0 ? message.binary_payload : message.payload);
  }

  send(payload: Payload): Promise<FailureMessage | undefined> {
    const body = typeof payload === 'string' ? { payload } : { binary_payload: Buffer.from(payload) };
    this.#call?.write({ type: 'MESSAGE', topic: this.#target.path, ...body });
    return Promise.resolve(undefined);
  }

  heartbeat(): Promise<void> {
    this.#call?.write({ type: 'HEARTBEAT', topic: this.#target.path });
    return Promise.resolve();
  }

  async vanish(): Promise<void> {
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
    await this.#over;
  }

  async close(): Promise<void> {
    this.#call?.end();
    if (this.#call) await this.#over;
    this.#stub.close();
  }
}

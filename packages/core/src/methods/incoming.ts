import type { Payload } from '@ionosphere/protocol';
import { jsonOf } from '../codec/codec';
import { Failure } from '../errors';

const UNREAD = Symbol('unread');

/** A payload on its way to a method; its JSON is parsed at most once, whatever number of methods looks at it. */
export class Incoming {
  /** What its JSON says, or the `Failure` that says why it is none; `UNREAD` until somebody asks. */
  #json: unknown = UNREAD;

  constructor(readonly payload: Payload) {}

  /** What its JSON says, or the `Failure` that says why it is none: JSON makes no failures of its own. */
  get json(): unknown {
    return this.#json === UNREAD ? (this.#json = this.#parsed()) : this.#json;
  }

  #parsed(): unknown {
    try {
      return jsonOf(this.payload);
    } catch (failure) {
      return Failure.from(failure);
    }
  }
}

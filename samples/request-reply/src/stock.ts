import { DeliverTo, Failure, ManagedService, Message, serve } from '@ionosphere/server';
import type { Server } from '@ionosphere/server';
import { IsIn, IsInt, IsPositive } from 'class-validator';

const items = ['tea', 'milk'] as const;

/** Takes so many of an item out of the stock. */
export class Take {
  @IsIn(items) item!: (typeof items)[number];
  @IsInt() @IsPositive() count!: number;
}

/** What a method returns is the reply to the client that asked; what it throws, the failure. */
@ManagedService('/stock')
export class Stock {
  readonly #left = { tea: 10, milk: 5 };

  @Message()
  @DeliverTo('RESOURCE')
  take({ item, count }: Take): { readonly left: number } {
    if (this.#left[item] < count) throw new Failure('bad-request', `There are only ${this.#left[item]} left.`);
    return { left: (this.#left[item] -= count) };
  }
}

export function start(port: number): Promise<Server> {
  return serve({ port, services: [Stock] });
}

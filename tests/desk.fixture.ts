import { DeliverTo, Failure, ManagedService, Message, Ready, Resource, ResourceEvent } from '@ionosphere/server';
import { IsInt, IsString } from 'class-validator';
import { Journal } from './journal.fixture';

/** Asks for a sum. */
export class Sum {
  @IsInt({ each: true }) add!: number[];
}

/** Says something to all. */
export class Say {
  @IsString() say!: string;
}

/** What was done, and how it is held up. */
export const done = new Journal<string>();
let release: () => void = () => undefined;

/** Takes a question that is asked `slowly` to be done, and lets the answer wait for this. */
export const letGo = (): void => release();

@ManagedService('/desk/{name}')
export class Desk {
  @Ready()
  onReady(): object {
    return { welcome: true };
  }

  @Message()
  @DeliverTo('RESOURCE')
  onSum({ add }: Sum): { readonly sum: number } | Promise<{ readonly sum: number }> {
    done.push(`sum ${add.join('+')}`);
    if (add.length === 0) throw new Failure('forbidden', 'There is nothing to add.');
    const sum = { sum: add.reduce((a, b) => a + b) };
    return sum.sum === 1000 ? new Promise((resolve) => (release = () => resolve(sum))) : sum;
  }

  @Message()
  onSay({ say }: Say): { readonly said: string } {
    done.push(`say ${say}`);
    return { said: say };
  }
}

/** Ends a client on request, and refuses those that the path names. */
@ManagedService('/door/{name}')
export class Door {
  @Ready()
  onReady({ resource }: ResourceEvent): void {
    if (resource.endpoint.path.endsWith('closed')) throw new Failure('forbidden', 'We are closed.');
  }

  @Message()
  onMessage(text: string, resource: Resource): void {
    if (text === 'out') resource.close();
  }
}

/** What a client of the desk knows. */
export interface DeskApi {
  readonly sends: Say | Sum;
  readonly receives: { readonly welcome?: true; readonly said?: string };
  readonly requests: Pick<Desk, 'onSum'>;
}

export const deskServices = [Desk, Door];

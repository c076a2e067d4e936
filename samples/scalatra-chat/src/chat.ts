import { AtmosphereClient, AtmosphereRoute, Everyone, hasShape, match, serve } from '@ionosphere/server';
import type { ClientMessage, Server } from '@ionosphere/server';

/** One object for each visitor; what it remembers are its fields. */
@AtmosphereRoute('/the-chat')
export class ChatClient extends AtmosphereClient {
  #author = 'Somebody';

  receive(message: ClientMessage): void {
    match(message, {
      Connected: ({ recovered }) => {
        if (!recovered) this.#tell('joined');
      },
      Disconnected: ({ by }) => {
        if (by === 'ClientDisconnected') this.#tell('left');
      },
      JsonMessage: ({ content }) => {
        if (!hasShape(content, { author: String, message: String })) return this.send(system('author and message'));
        this.#author = content.author;
        this.broadcast({ ...content, time: Date.now() }, Everyone);
      },
      ErrorEvent: ({ error }) => console.error(`${this.#author}: ${error.message}`),
      otherwise: () => this.send(system('only JSON is understood')),
    });
  }

  #tell(what: string): void {
    this.broadcast(system(`${this.#author} ${what}`));
  }
}

function system(message: string): object {
  return { author: 'system', message, time: Date.now() };
}

export function start(port: number): Promise<Server> {
  return serve({ port, services: [ChatClient] });
}

import { Broadcaster, DeliverTo, ManagedService, Message, Resource } from '@ionosphere/server';
import { ChatMessage } from './chat-message';

@ManagedService({ path: '/echo' })
export class Echo {
  @Message()
  @DeliverTo('RESOURCE')
  onMessage(message: ChatMessage): ChatMessage {
    message.time = Date.now();
    return message;
  }
}

@ManagedService({ path: '/fan' })
export class Fan {
  @Message()
  onMessage(message: ChatMessage): ChatMessage {
    message.time = Date.now();
    return message;
  }
}

@ManagedService({ path: '/skip-self' })
export class SkipSelf {
  @Message()
  onMessage(message: ChatMessage, sender: Resource, broadcaster: Broadcaster): void {
    message.time = Date.now();
    broadcaster.broadcast(message, { except: sender });
  }
}

/** Clients whose connection breaks are not forgotten before the bench is over. */
@ManagedService({ path: '/away', config: { recoverySeconds: 3600 } })
export class Away extends Fan {}

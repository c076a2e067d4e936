import { DeliverTo, ManagedService, Message } from '@ionosphere/server';
import { ChatMessage } from './chat-message';

/** Services at `/service-0`, `/service-1` and so on: as many, and each with a class of its own. */
export function numberedServices(count: number): (new () => object)[] {
  return Array.from({ length: count }, (_, index) => {
    @ManagedService({ path: `/service-${index}` })
    class Numbered {
      @Message()
      @DeliverTo('RESOURCE')
      onMessage(message: ChatMessage): ChatMessage {
        message.time = Date.now();
        return message;
      }
    }
    return Numbered;
  });
}

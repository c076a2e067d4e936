import { App } from '../app/app';
import { Broadcaster } from '../broadcaster/broadcaster';
import { SimpleBroadcaster } from '../broadcaster/simple-broadcaster';
import { DeliverTo, ManagedService, Message, Named, Ready, Singleton } from '../declaration/decorators';
import { DeclarationError } from '../errors';
import type { Class } from '../declaration/metadata';
import { Scene, thrownBy } from '../port.fixture';
import { Resource } from '../resource/resource';

const plain = { protocol: false };

function refusal(...services: Class<object>[]): string {
  const error = thrownBy(() => new App({ services }));
  expect(error).toBeInstanceOf(DeclarationError);
  return (error as DeclarationError).message;
}

describe('A field with @Named', () => {
  it('is the broadcaster of that name, there before onInit, and shared with whoever is at that path', () => {
    const begun: string[] = [];
    @ManagedService({ path: '/news', broadcaster: SimpleBroadcaster })
    class News {}
    @ManagedService('/desk')
    class Desk {
      @Named('/news') readonly news!: Broadcaster;
      onInit(): void {
        begun.push(`${this.news.id} ${this.news.constructor.name}`);
      }
      @Message() onMessage(text: string): void {
        this.news.broadcast(text);
      }
    }
    const scene = new Scene([Desk, News]);
    const reader = scene.connect('stream', { ...plain, path: '/news' });
    const desk = scene.connect('stream', { ...plain, path: '/desk' });
    expect([scene.answers(desk, 'x'), reader.texts, begun]).toEqual([[], ['<x>'], ['/news SimpleBroadcaster']]);
  });

  it('may be another one at each path, and so may a parameter', () => {
    @ManagedService('/room/{id}/{seat}')
    class Room {
      @Named('/private/{id}') readonly aside!: Broadcaster;
      @Ready() onReady(resource: Resource, @Named('/log/{ seat }/{id}') log: Broadcaster): void {
        resource.subscribe(this.aside);
        resource.subscribe(log);
      }
      @Message() @DeliverTo('RESOURCE') onMessage(_text: string, @Named('/private/{id}') same: Broadcaster): boolean {
        return same === this.aside;
      }
    }
    const scene = new Scene([Room]);
    const [red, blue] = ['red', 'blue'].map((id) => scene.connect('stream', { ...plain, path: `/room/${id}/7` }));
    if (!red || !blue) throw new Error('never');
    expect(red.resource.broadcasters.map(({ id }) => id)).toEqual(['/room/red/7', '/private/red', '/log/7/red']);
    expect(blue.resource.broadcasters.map(({ id }) => id)).toEqual(['/room/blue/7', '/private/blue', '/log/7/blue']);
    expect(scene.answers(red, 'x')).toEqual(['<true>']);
  });

  it('is filled in a @Singleton too, before onInit, when its name is the same for all paths', async () => {
    const begun: string[] = [];
    @Singleton()
    @ManagedService('/one/{id}')
    class One {
      @Named('audit') readonly audit!: Broadcaster;
      onInit(): void {
        begun.push(this.audit.id);
      }
    }
    await new App({ services: [One] }).start();
    expect(begun).toEqual(['audit']);
  });

  it('can hold one broadcaster only, so a @Singleton takes a parameter', () => {
    @Singleton()
    @ManagedService('/one/{id}')
    class One {
      @Named('/private/{id}') readonly aside!: Broadcaster;
    }
    expect(refusal(One)).toBe(
      "One.aside: a @Singleton serves many paths, so a field can't hold what is of one; make it a parameter: @Named('/private/{id}')",
    );
  });

  it('must be a broadcaster, of the class that the one of that name has', () => {
    @ManagedService('/text')
    class Text {
      @Named('/news') readonly news!: string;
    }
    expect(refusal(Text)).toBe(
      'Text.news has @Named and must be a Broadcaster, imported with "import" and not with "import type"',
    );
    @ManagedService('/news')
    class News {}
    @ManagedService('/desk')
    class Desk {
      @Named('/news') readonly news!: SimpleBroadcaster;
    }
    expect(refusal(News, Desk)).toBe('Desk.news: the broadcaster "/news" is a Broadcaster, not a SimpleBroadcaster');
  });
});

describe('@Named', () => {
  it('has variables of the path only', () => {
    @ManagedService('/chat/{room}')
    class Chat {
      @Named('/private/{rom}') readonly aside!: Broadcaster;
    }
    expect(refusal(Chat)).toBe(
      "Chat.aside: @Named('/private/{rom}') has {rom}, which is no variable of the path; its path has {room}",
    );
    @ManagedService('/talk')
    class Talk {
      @Ready() onReady(@Named('/private/{room}') _aside: Broadcaster): void {}
    }
    expect(refusal(Talk)).toBe(
      "Talk.onReady: parameter 1: @Named('/private/{room}') has {room}, which is no variable of the path; its path has no variables",
    );
  });

  it.each([undefined, '', 5])('says a name, which %j is not', (name) => {
    @ManagedService('/chat')
    class Chat {
      @Named(name as string) readonly news!: Broadcaster;
    }
    expect(refusal(Chat)).toBe("Chat.news: @Named must say the name of a broadcaster, such as @Named('/news')");
    @ManagedService('/talk')
    class Talk {
      @Ready() onReady(@Named(name as string) _news: Broadcaster): void {}
    }
    expect(refusal(Talk)).toContain('Talk.onReady: parameter 1: @Named must say the name of a broadcaster');
  });
});

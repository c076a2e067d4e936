import {
  AtmosphereInterceptorService,
  BroadcasterFilterService,
  Disconnect,
  ManagedService,
  Ready,
} from '../declaration/decorators';
import type { Filter, FilterAction } from '../filters/filter';
import type { Interceptor } from '../interceptors/interceptor';
import { Scene, settled } from '../port.fixture';

let log: string[] = [];
beforeEach(() => void (log = []));

@AtmosphereInterceptorService()
class Audit implements Interceptor {
  connects(): boolean {
    return false;
  }
  async destroy(): Promise<void> {
    await Promise.resolve();
    log.push('audit');
  }
}

class Broken implements Interceptor {
  connects(): boolean {
    return false;
  }
  destroy(): void {
    throw new Error('no end');
  }
}

@BroadcasterFilterService()
class Words implements Filter {
  filter(message: unknown): FilterAction {
    return { action: 'CONTINUE', message };
  }
  destroy(): void {
    log.push('words');
  }
}

class Own extends Words {
  override destroy(): void {
    log.push('own');
  }
}

@ManagedService({ path: '/one', interceptors: [Broken], broadcastFilters: [Own] })
class One {
  @Ready() onReady(): void {}
  @Disconnect() onDisconnect(): void {
    log.push('disconnect');
  }
  onDestroy(): void {
    log.push('service');
  }
}

@ManagedService('/two')
class Two {}

describe('Interceptors and filters', () => {
  it('end once each when the app has stopped, after its services; what one throws is logged', async () => {
    const scene = new Scene([One, Two, Audit, Words]);
    await scene.app.start();
    scene.connect('stream', { path: '/one', protocol: false });
    await Promise.all([scene.app.stop(), scene.app.stop()]);
    expect(log).toEqual(['disconnect', 'service', 'own', 'audit', 'words']);
    expect(scene.logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'Broken.destroy failed', fields: { cause: { message: 'no end' } } },
    ]);
  });

  it('that do not end hold up the stop no longer than the deadline', async () => {
    const hanging: Interceptor = { connects: () => false, destroy: () => new Promise(() => undefined) };
    const scene = new Scene([Two, Words], { interceptors: [hanging] });
    const stopped = scene.app.stop({ deadlineSeconds: 4 });
    await settled();
    scene.clock.advance(4_100);
    await stopped;
    expect(log).toEqual(['words']);
  });
});

// The framework, as the README shows it: a validated DTO, the log and every interceptor that is on by default.
import { ApplicationConfig, ManagedService, serve, silentLogger } from '@ionosphere/server';
import { serveBench } from './control';
import { limits } from './ionosphere-limits';
import { HEARTBEAT_SECONDS } from './job';
import { Away, Echo, Fan, SkipSelf } from './services';

@ManagedService({
  path: '/idle',
  atmosphereConfig: [`${ApplicationConfig.HEARTBEAT_INTERVAL_IN_SECONDS}=${HEARTBEAT_SECONDS}`],
})
class Idle {}

const services = [Echo, Fan, SkipSelf, Away, Idle];
void serve({ port: 0, host: '127.0.0.1', services, limits, logger: silentLogger }).then(({ port }) => serveBench(port));

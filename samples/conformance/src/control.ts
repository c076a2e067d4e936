import { Failure, type App, type Resource, type RouteRequest, type Routes } from '@ionosphere/server';
import type { EventRecord } from './event-record';

/** The endpoints through which a test suite looks into the server, and acts from outside of any client. */
export function control(app: () => App, record: EventRecord): Routes {
  const resourceIn = (request: RouteRequest): Resource => {
    const resource = app().resources.find(textField(request, 'uuid'));
    if (!resource) throw new Failure('unknown-resource', 'There is no resource with this uuid.');
    return resource;
  };
  return {
    'GET /-/events': ({ query }) => record.since(sequenceOf(query.get('since') ?? '0')),
    'POST /-/broadcast': (request) => {
      const path = textField(request, 'path');
      const message = field(request, 'message');
      if (!app().serves(path)) throw new Failure('not-found', 'No service is at this path.');
      // A room where nobody ever was has no broadcaster, and needs none to reach nobody.
      app().broadcasters.find(path)?.broadcast(message);
      return { ok: true };
    },
    'POST /-/send': (request) => {
      resourceIn(request).send(field(request, 'message'));
      return { ok: true };
    },
    'POST /-/close': (request) => {
      resourceIn(request).close();
      return { ok: true };
    },
  };
}

function field(request: RouteRequest, name: string): unknown {
  const body = request.json();
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  if (value === undefined || value === null)
    throw new Failure('bad-request', `The body must be a JSON object with "${name}".`);
  return value;
}

function textField(request: RouteRequest, name: string): string {
  const value = field(request, name);
  if (typeof value !== 'string') throw new Failure('bad-request', `"${name}" must be a string.`);
  return value;
}

function sequenceOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Failure('bad-request', 'since must be a whole number from 0.');
  return Number(text);
}

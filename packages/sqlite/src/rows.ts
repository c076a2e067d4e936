import type { SavedResource } from '@ionosphere/core';

/** A resource as a row has it: what it is known by, and the rest as JSON. */
export interface ResourceRow {
  readonly uuid: string;
  readonly path: string;
  readonly state: string;
}

/** What to do about a row that somebody has changed. */
const MEND = 'Delete that row, or restore a copy of the file';

/** What a row says of a resource. Throws an error that names the row when somebody else than this package wrote it. */
export function resourceOf({ uuid, path, state }: ResourceRow): SavedResource {
  const saved = parsed(state);
  if (isResource(saved) && saved.uuid === uuid && saved.path === path) return saved;
  const key = `uuid ${JSON.stringify(uuid)} and path ${JSON.stringify(path)}`;
  throw new Error(
    `in the table resource the row with ${key} has a state that is not the JSON of this resource. ${MEND}`,
  );
}

/** The error for a message of which nobody can tell who is to get it. */
export function receiversError(sequence: number): Error {
  return new Error(
    `in the table message the row with sequence ${sequence} has receivers that are not the JSON of a list of them. ${MEND}`,
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether something has what nobody can do without; what else is missing counts as false. */
function isResource(value: unknown): value is SavedResource {
  if (!isObject(value)) return false;
  const { wire, subscriptions } = value;
  return typeof wire === 'string' && Array.isArray(subscriptions) && subscriptions.every(isSubscription);
}

function isSubscription(value: unknown): boolean {
  return isObject(value) && typeof value['id'] === 'string' && typeof value['since'] === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

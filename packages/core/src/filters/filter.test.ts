import { runFilters, runFiltersFor, type Filter, type FilterAction } from './filter';
import type { Resource } from '../resource/resource';

const filter = (act: (message: unknown) => FilterAction): Filter => ({ filter: act });
const add = (text: string): Filter =>
  filter((message) => ({ action: 'CONTINUE', message: `${String(message)}${text}` }));

describe('Filters', () => {
  it('pass the message on, one to the next, in order', () => {
    expect(runFilters([add('b'), add('c')], 'a', '/room')).toBe('abc');
    expect(runFilters([], 'a', '/room')).toBe('a');
  });

  it('that abort drop the message, and no later one sees it', () => {
    const later = jest.fn<FilterAction, [unknown]>();
    expect(runFilters([filter(() => ({ action: 'ABORT' })), filter(later)], 'a', '/room')).toBeUndefined();
    expect(later).not.toHaveBeenCalled();
  });

  it('that skip end the chain with the message they give', () => {
    const skip = filter((message) => ({ action: 'SKIP', message: `${String(message)}!` }));
    expect(runFilters([add('b'), skip, add('c')], 'a', '/room')).toBe('ab!');
  });

  it('are told the name of the broadcaster and the message as it was', () => {
    const seen: unknown[] = [];
    const spy: Filter = {
      filter(message, context) {
        seen.push(message, context);
        return { action: 'CONTINUE', message };
      },
    };
    runFilters([add('b'), spy], 'a', '/room');
    expect(seen).toEqual(['ab', { broadcaster: '/room', original: 'a' }]);
  });
});

describe('Filters for one receiver', () => {
  const own = (text: string, act: FilterAction['action'] = 'CONTINUE'): Filter => ({
    ...add(''),
    filterFor: (message) => (act === 'ABORT' ? { action: act } : { action: act, message: `${String(message)}${text}` }),
  });
  const run = (...filters: Filter[]): unknown =>
    runFiltersFor(filters, 'a', { broadcaster: '/room', original: 'a', resource: {} as Resource });

  it('pass the message on, abort, or skip the rest; those without a say are passed over', () => {
    expect(run(own('b'), add('!'), own('c'))).toBe('abc');
    expect(run(own('b'), own('', 'ABORT'), own('c'))).toBeUndefined();
    expect(run(own('b', 'SKIP'), own('c'))).toBe('ab');
    expect(run()).toBe('a');
  });
});

import { audienceOf } from './audience';
import type { Resource } from '../resource/resource';

const [a, b, c] = ['a', 'b', 'c'].map((uuid) => ({ uuid })) as [Resource, Resource, Resource];

describe('The audience of a broadcast', () => {
  it('is everybody, or everybody but one, without a look at each', () => {
    expect(audienceOf({})).toEqual({ to: undefined, left: undefined });
    expect(audienceOf({ except: a })).toEqual({ to: undefined, left: a });
  });

  it('is those of whom nothing speaks against it when several are left out, or a condition', () => {
    for (const except of [[a, b], new Set([a, b]), (resource: Resource) => resource !== c]) {
      const { to, left } = audienceOf({ except });
      expect([a, b, c].filter(to as (resource: Resource) => boolean)).toEqual([c]);
      expect(left).toBeUndefined();
    }
  });

  it('is what is left of those who are named', () => {
    expect(audienceOf({ to: [a, b], except: b }).to).toEqual([a]);
    expect(audienceOf({ to: a, except: a }).to).toEqual([]);
    const { to } = audienceOf({ to: (resource) => resource !== c, except: a });
    expect([a, b, c].filter(to as (resource: Resource) => boolean)).toEqual([b]);
  });
});

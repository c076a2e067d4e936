import { lossOf, refusalOf } from './http';
import { ClientError } from './errors';

const failure = (code: string): string => JSON.stringify({ error: { code, message: `It is ${code}.`, retry: false } });

describe('An answer that is no 200', () => {
  it.each([
    ['another transport may do', 400, failure('unsupported-transport'), 'unfit', 'unsupported-transport'],
    ['this client may not come in', 401, failure('unauthorized'), 'refused', 'unauthorized'],
    ['it may come back later', 503, failure('stopping'), 'lost', 'stopping'],
    ['it may come back as somebody new', 404, failure('unknown-resource'), 'lost', 'unknown-resource'],
    ['something on the way has answered', 403, '<h1>No</h1>', 'unfit', 'unreachable'],
    ['something on the way is not well', 502, '', 'lost', 'unreachable'],
    ['something on the way is busy', 429, '{"error":{"code":"of somebody else"}}', 'lost', 'unreachable'],
  ])('says that %s', async (_what, status, body, kind, code) => {
    const end = await refusalOf(new Response(body, { status }), 0);
    expect([end.kind, end.error.code]).toEqual([kind, code]);
  });

  it.each([
    ['7', 7000],
    [new Date(9000).toUTCString(), 8000],
    ['soon', undefined],
  ])('asks in Retry-After %p for a wait of %p ms, whoever wrote it', async (header, millis) => {
    for (const body of [failure('stopping'), 'Bad Gateway'])
      expect(
        (await refusalOf(new Response(body, { status: 503, headers: { 'Retry-After': header } }), 1000)).retryMillis,
      ).toBe(millis);
  });
});

it('A request that failed is lost, unless the platform can do no such thing', () => {
  expect(lossOf(new TypeError('fetch failed'))).toMatchObject({ kind: 'lost', error: { code: 'unreachable' } });
  expect(lossOf(new ClientError('unsupported', 'no')).kind).toBe('unfit');
});

import type { HttpAnswer } from '@ionosphere/core';

const answerParts = new Set(['status', 'headers', 'body']);

/** Whether a value is an answer in full. */
export function isAnswer(value: unknown): value is HttpAnswer {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false;
  const { status } = value;
  const inRange = Number.isInteger(status) && (status as number) >= 200 && (status as number) < 600;
  return inRange && Object.keys(value).every((key) => answerParts.has(key));
}

/** What goes over the wire for a value, and its type. */
export function contentOf(body: unknown): { type: string | undefined; content: string | Uint8Array } {
  if (body === undefined) return { type: undefined, content: '' };
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', content: body };
  if (body instanceof Uint8Array) return { type: 'application/octet-stream', content: body };
  return { type: 'application/json; charset=utf-8', content: JSON.stringify(body) };
}

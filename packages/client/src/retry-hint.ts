/** How long the server asks to be left alone, from the reason of a WebSocket's close: `… retry-after=1.374`. PROTOCOL.md, "Shutdown". */
export function retryMillisOf(reason: string): number | undefined {
  const match = /retry-after=(\d{1,6}(?:\.\d{1,3})?)$/.exec(reason);
  return match ? Number(match[1]) * 1000 : undefined;
}

/** The same from the header `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfterMillis(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

import { request, type HttpParts } from './http';

const FAREWELL_MILLIS = 2000;

/** Tells the server that the client will not come back. It works while a page unloads; nothing depends on it. */
export async function farewell(parts: HttpParts, url: string): Promise<void> {
  const { environment } = parts;
  if (environment.beacon?.(url)) return;
  const abort = new AbortController();
  const limit = environment.setTimeout(() => abort.abort(), FAREWELL_MILLIS);
  try {
    const response = await request(parts, url, { method: 'POST', keepalive: true, signal: abort.signal });
    await response.arrayBuffer();
  } catch {
    // The server will notice by itself, a little later.
  } finally {
    environment.clearTimeout(limit);
  }
}

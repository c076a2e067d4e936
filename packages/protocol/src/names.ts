/**
 * Parameters of the wire: sent in the query string or, with the same name, as HTTP headers (PROTOCOL.md, "Connect"). An enum, so
 * that a bundler writes the values where they are used: pages do not load the others.
 */
export enum Parameter {
  trackingId = 'X-Atmosphere-tracking-id',
  framework = 'X-Atmosphere-Framework',
  transport = 'X-Atmosphere-Transport',
  trackMessageSize = 'X-Atmosphere-TrackMessageSize',
  heartbeat = 'X-Heartbeat-Server',
  contentType = 'Content-Type',
  protocol = 'X-atmo-protocol',
  auth = 'X-Atmosphere-Auth',
  sessionToken = 'X-Atmosphere-Session-Token',
  runId = 'X-Atmosphere-Run-Id',
  postBody = 'X-Atmosphere-Post-Body',
  jsonpCallback = 'jsonpTransport',
  position = 'X-Ionosphere-Position',
  envelope = 'X-Ionosphere-Envelope',
}

/** Response headers of the wire. */
export enum Header {
  trackingId = 'X-Atmosphere-tracking-id',
  firstRequest = 'X-Atmosphere-first-request',
  error = 'X-Atmosphere-error',
  authRefresh = 'X-Atmosphere-Auth-Refresh',
  authExpired = 'X-Atmosphere-Auth-Expired',
  sessionToken = 'X-Atmosphere-Session-Token',
}

/** The ways a resource can be connected. */
export type TransportName =
  'websocket' | 'sse' | 'streaming' | 'long-polling' | 'jsonp' | 'polling' | 'grpc' | 'memory';

/** What travels: text, or bytes. */
export type Payload = string | Uint8Array;

/** All clients come from one address, and as fast as they can; what counts a message is still there. */
export const limits = {
  maxConnections: 0,
  maxConnectionsPerAddress: 0,
  maxResources: 0,
  maxSubscriptions: 0,
  handshakesPerSecond: 0,
  rateLimitMessages: 1_000_000_000,
  rateLimitBurst: 1_000_000_000,
};

// What a test does in the page: one client, and what it told.
/* global window, ionosphere */

window.seen = { messages: [], states: [], local: [], failures: [], gaps: 0 };

window.begin = (path, options) => {
  const client = ionosphere.connect(path, { retrySeconds: 0.05, ...options });
  window.client = client;
  const { seen } = window;
  client.on('message', (message) => seen.messages.push(message));
  client.on('state', ({ state, transport }) => seen.states.push(transport ? `${state} ${transport}` : state));
  client.on('local', (message) => seen.local.push(message));
  client.on('failure', ({ code }) => seen.failures.push(code));
  client.on('gap', () => seen.gaps++);
};

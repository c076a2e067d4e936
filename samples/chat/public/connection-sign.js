import { byId } from './dom.js';

export const transports = {
  websocket: 'WebSocket',
  sse: 'SSE',
  streaming: 'Streaming',
  'long-polling': 'Long-polling',
};

/** Shows how the connection is: lamp, wave, words, the chosen transport, and a banner when there is none. */
export function showConnection(state, transport, retryAt) {
  document.body.dataset.state = state;
  const words = {
    connecting: 'Connecting',
    live: `Live over ${transports[transport]}`,
    reconnecting: 'Reconnecting',
    lost: 'Not connected',
  };
  byId('status-text').textContent = words[state];
  const chosen = document.querySelector(`#transports input[value="${transport}"]`);
  if (chosen) chosen.checked = true;
  byId('cut').disabled = state !== 'live';
  showBanner(state, retryAt);
}

let countdown;

/** The seconds are for the eye: a screen reader would have to say each. */
function showBanner(state, retryAt) {
  clearInterval(countdown);
  const count = () => {
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    byId('banner-count').textContent = retryAt ? `Next try in ${seconds} s` : 'Trying…';
  };
  byId('banner-count').textContent = '';
  byId('banner-text').textContent =
    { reconnecting: 'The connection was lost. Coming back…', lost: "The server can't be reached." }[state] ?? '';
  if (state !== 'lost') return;
  count();
  countdown = setInterval(count, 1000);
}

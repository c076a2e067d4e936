import { Atmosphere } from './atmosphere.js';

const byId = (id) => document.getElementById(id);
const show = (state) => (byId('state').textContent = state);

const request = {
  url: '/talk',
  // ?transport=sse, streaming or long-polling in the address chooses another one.
  transport: new URL(location.href).searchParams.get('transport') ?? 'websocket',
  fallbackTransport: 'long-polling',
  contentType: 'application/json',
  enableProtocol: true,
  trackMessageLength: true,
  reconnect: true,
};

const live = ({ transport }) => show(`live over ${transport}`);
const subscription = await new Atmosphere({ logLevel: 'silent' }).subscribe(request, {
  open: live,
  reopen: live,
  reconnect: () => show('reconnecting'),
  close: () => show('not connected'),
  message: ({ responseBody }) => {
    const { author, text, error } = JSON.parse(responseBody);
    const line = document.createElement('li');
    line.textContent = error ? error.message : `${author}: ${text}`;
    byId('lines').append(line);
  },
});

byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  subscription.push(JSON.stringify({ author: byId('author').value, text: byId('text').value }));
  byId('text').value = '';
});

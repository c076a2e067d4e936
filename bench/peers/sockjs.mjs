// SockJS, over WebSocket with its own framing, as its client speaks it.
import { createServer } from 'node:http';
import sockjs from 'sockjs';
import { HEARTBEAT_SECONDS, listen, stamped } from './job.mjs';

const server = createServer();
const clients = new Set();

function serve(prefix, handle) {
  const endpoint = sockjs.createServer({ heartbeat_delay: HEARTBEAT_SECONDS * 1000, log: () => undefined });
  endpoint.on('connection', (connection) => {
    clients.add(connection);
    connection.on('data', (text) => handle(connection, text));
    connection.on('close', () => clients.delete(connection));
  });
  endpoint.installHandlers(server, { prefix });
}

function broadcast(text, except) {
  for (const client of clients) if (client !== except) client.write(text);
}

serve('/echo', (connection, text) => connection.write(stamped(text)));
serve('/fan', (_connection, text) => broadcast(stamped(text)));
serve('/skip-self', (connection, text) => broadcast(stamped(text), connection));
serve('/idle', () => undefined);

listen(server);

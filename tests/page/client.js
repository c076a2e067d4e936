// What a test of the browser does in the page: clients by name, and what the library called back.
/* global window, EventSource, Atmosphere */

const clients = new Map();

function made() {
  return { events: [], messages: [], checks: new Set(), push: undefined, close: undefined };
}

function changed(client) {
  for (const check of [...client.checks]) check();
}

/** Resolves when the condition holds; rejects when that takes too long. */
function until(client, condition, what) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const seen = JSON.stringify([client.events, client.messages.slice(-5)]).slice(0, 1000);
      reject(new Error(`${what}: not in time; ${client.messages.length} messages, ${seen}`));
    }, 12_000);
    const check = () => {
      if (!condition()) return;
      clearTimeout(timer);
      client.checks.delete(check);
      resolve();
    };
    client.checks.add(check);
    check();
  });
}

/** Connects the client from npm, and waits for its `open`. */
window.openClient = async (name, request) => {
  const client = made();
  clients.set(name, client);
  const note = (type) => () => {
    client.events.push(type);
    changed(client);
  };
  const subscription = await new Atmosphere({ logLevel: 'silent' }).subscribe(request, {
    message: ({ responseBody }) => {
      client.messages.push(responseBody);
      changed(client);
    },
    open: ({ request }) => {
      client.close = () => {
        request.closed = true;
        return subscription.close();
      };
      note('open')();
    },
    reopen: note('reopen'),
    close: note('close'),
    error: note('error'),
    reconnect: note('reconnect'),
    failureToReconnect: note('failureToReconnect'),
  });
  client.push = (text) => subscription.push(text);
  await until(client, () => client.events.includes('open'), 'open');
};

/** Connects a plain EventSource. */
window.openSource = (name, url) => {
  const client = made();
  clients.set(name, client);
  const source = new EventSource(url);
  client.close = () => source.close();
  source.onopen = () => {
    client.events.push('open');
    changed(client);
  };
  source.onmessage = ({ data }) => {
    client.messages.push(data);
    changed(client);
  };
  return until(client, () => client.events.includes('open'), 'open');
};

window.push = (name, text) => clients.get(name).push(text);
window.events = (name) => clients.get(name).events;

/** All messages, once there are as many. */
window.received = async (name, count) => {
  const client = clients.get(name);
  await until(client, () => client.messages.length >= count, `${count} messages`);
  return client.messages;
};

/** All messages as one text, once it is as long. */
window.receivedText = async (name, length) => {
  const client = clients.get(name);
  await until(client, () => client.messages.join('').length >= length, `${length} characters`);
  return client.messages.join('');
};

/** Waits until the library called back so often. */
window.called = async (name, type, times) => {
  const client = clients.get(name);
  await until(client, () => client.events.filter((event) => event === type).length >= times, `${type}, ${times} times`);
};

window.closeAll = async () => {
  await Promise.all([...clients.values()].map((client) => client.close?.()));
  clients.clear();
};

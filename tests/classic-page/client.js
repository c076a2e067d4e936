// What a test of the classic clients does in the page: one client at a time, and what the library called back.
/* global window, atmosphere */

let client;

function changed() {
  for (const check of [...client.checks]) check();
}

/** Resolves when the condition holds; rejects when that takes too long. */
function until(condition, what) {
  const { checks, events, messages } = client;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const seen = JSON.stringify([events, messages.slice(-5)]).slice(0, 1000);
      reject(new Error(`${what}: not in time; ${messages.length} messages, ${seen}`));
    }, 8000);
    const check = () => {
      if (!condition()) return;
      clearTimeout(timer);
      checks.delete(check);
      resolve();
    };
    checks.add(check);
    check();
  });
}

/** Subscribes. What is in `greeting` is pushed as soon as the library says that it is open. */
window.subscribe = ({ greeting, ...options }) => {
  const made = { events: [], messages: [], checks: new Set(), socket: undefined };
  client = made;
  const note =
    (type, then = () => undefined) =>
    () => {
      made.events.push(type);
      then();
      changed();
    };
  made.socket = atmosphere.subscribe({
    logLevel: 'error',
    ...options,
    onOpen: note('open', () => greeting !== undefined && made.socket.push(greeting)),
    onReopen: note('reopen'),
    onReconnect: note('reconnect'),
    onClose: note('close'),
    onError: note('error'),
    onTransportFailure: note('transportFailure'),
    onFailureToReconnect: note('failureToReconnect'),
    onMessagePublished: note('published'),
    onMessage: ({ responseBody }) => {
      made.messages.push(responseBody);
      changed();
    },
  });
};

/** Subscribes, and waits for the library's `onOpen`. */
window.openClient = async (options) => {
  window.subscribe(options);
  await window.called('open', 1);
};

window.push = (text) => client.socket.push(text);
window.execute = () => client.socket.execute();
window.uuid = () => client.socket.getUUID();
window.events = () => client.events;

/** Waits until the client knows its id; nothing is called back when it learns that from a header. */
window.identified = async () => {
  while (client.socket.getUUID() === 0) await new Promise((resolve) => setTimeout(resolve, 2));
};
window.unsubscribe = () => atmosphere.unsubscribe();

/** All messages, once there are as many. */
window.received = async (count) => {
  const { messages } = client;
  await until(() => messages.length >= count, `${count} messages`);
  return messages;
};

/** All messages as one text, once it is as long. */
window.receivedText = async (length) => {
  const { messages } = client;
  await until(() => messages.join('').length >= length, `${length} characters`);
  return messages.join('');
};

/** Waits until the library called back so often. */
window.called = (type, times) => {
  const { events } = client;
  return until(() => events.filter((event) => event === type).length >= times, `${type}, ${times} times`);
};

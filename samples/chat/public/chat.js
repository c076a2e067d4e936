import { Connection } from './connection.js';
import { showConnection, transports } from './connection-sign.js';
import { avatar, byId, element, hueOf } from './dom.js';
import { MessageList } from './message-list.js';
import { PeopleList } from './people-list.js';
import { randomId } from './random-id.js';
import { recall, remember } from './storage.js';

/** Rooms to choose from, and the hue of each; any other gets its hue from its name. */
const rooms = new Map(Object.entries({ blue: 262, green: 155, amber: 70, violet: 310 }));
const hueOfRoom = (name) => rooms.get(name) ?? hueOf(name);
/** As the server has it: nothing invisible, nothing that turns text around. */
const validName = /^(?=.*\S)\P{C}{1,40}$/u;

const messages = new MessageList();
const people = new PeopleList();
const connection = new Connection({ state: showState, message: receive, notice: (text) => messages.note(text) });

/** This page, to the room: a secret that makes it the same person whatever happens to its connection. */
const tab = randomId();
let room = '';
let name = '';
let me;
const seen = new Set();
/** A loss that is not over: since when, until when (on the server's clock), how many messages it cost, and whether there is a gap. */
let away;
/** How far the server's clock is ahead, in milliseconds: as the message says that took the least time to come. */
let ahead = -Infinity;

// --- who and where

function enter(wanted) {
  room = wanted;
  byId('room-name').textContent = room;
  document.title = `#${room} · Ionosphere chat`;
  document.documentElement.style.setProperty('--hue', hueOfRoom(room));
  byId('text').placeholder = `Message #${room}`;
  const url = new URL(location.href);
  url.searchParams.set('room', room);
  if (url.href !== location.href) window.history.pushState(null, '', url);
  showRooms();
  messages.clear();
  people.replace([]);
  seen.clear();
  away = undefined;
  me = undefined;
  connection.join(`/chat/${encodeURIComponent(room)}?name=${encodeURIComponent(name)}&tab=${tab}`, chosenTransport());
}

function showRooms() {
  byId('rooms').replaceChildren(
    ...[...new Set([...rooms.keys(), room])].map((each) => {
      const link = element('a', { href: `?room=${encodeURIComponent(each)}` }, each);
      link.style.setProperty('--hue', hueOfRoom(each));
      if (each === room) link.setAttribute('aria-current', 'page');
      return element('li', {}, link);
    }),
  );
}

function introduce() {
  byId('name').value = name;
  byId('name-problem').textContent = '';
  byId('introduce').showModal();
}

function becomeKnown(as) {
  name = as.trim();
  remember('name', name);
  byId('me').replaceChildren(
    avatar(name),
    element('span', { className: 'name', dir: 'auto' }, name),
    element('span', { className: 'edit' }, 'Change'),
  );
  byId('introduce').close();
  enter(room);
  // Where there is no mouse, focus would open a keyboard over half of the page.
  if (window.matchMedia('(hover: hover)').matches) byId('text').focus();
}

function roomInAddress() {
  return new URL(location.href).searchParams.get('room')?.trim().slice(0, 30) || 'blue';
}

// --- what the room says

function receive(message) {
  if (message.error) messages.note(message.error.message);
  if (message.type === 'welcome') welcome(message);
  if (message.type === 'message') read(message);
  if (message.type === 'joined' || message.type === 'changed') people.set(message.person);
  if (message.type === 'left') people.delete(message.person);
  if (message.type === 'joined' && me !== undefined && message.person.id !== me)
    messages.note(
      `${message.person.name} joined over ${transports[message.person.transport] ?? message.person.transport}`,
    );
  if (message.type === 'left') messages.note(`${message.person.name} left`);
}

function welcome({ you, people: here, recent, gap, time }) {
  me = you;
  setClock(time);
  people.replace(here, me);
  if (gap) messages.note('Some messages of the time before could not be kept for you.');
  if (gap && away) away.gap = true;
  recent.forEach(read);
}

function setClock(time) {
  ahead = Math.max(ahead, time - Date.now());
}

/** A message may come twice: by its own way and in the welcome of a new connection. */
function read(message) {
  if (seen.has(message.id)) return;
  seen.add(message.id);
  setClock(message.time);
  const own = message.from === me;
  if (away && !own && message.time <= (away.until ?? Infinity)) messages.missed(++away.count);
  messages.add(message, own);
}

// --- the connection

function showState(state, { transport, retryAt }) {
  showConnection(state, transport, retryAt);
  if (state === 'live') back(transport);
  else if (state !== 'connecting' && (!away || away.until)) {
    messages.caughtUp();
    away = { since: Date.now(), count: 0 };
  }
}

function back(transport) {
  remember('transport', transport);
  if (!away || away.until) return;
  away.until = Date.now() + ahead;
  const loss = away;
  // What was missed comes first, on every transport; when nothing came in this time, nothing was missed.
  setTimeout(() => {
    if (away !== loss) return;
    const seconds = Math.max(1, Math.round((loss.until - ahead - loss.since) / 1000));
    if (loss.count === 0) messages.note(`Back after ${seconds} s${loss.gap ? '' : ', nothing missed'}`);
    messages.caughtUp();
    away = undefined;
  }, 1500);
}

function chosenTransport() {
  return document.querySelector('#transports input:checked')?.value ?? 'websocket';
}

// --- what the user does

function send() {
  const text = byId('text').value.trim();
  if (text === '') return;
  const line = { id: randomId(), text };
  messages.addPending(line);
  connection.send(line);
  byId('text').value = '';
  fit();
}

/** The field grows with its text. */
function fit() {
  const field = byId('text');
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
  const rest = field.maxLength - field.value.length;
  byId('left').textContent = rest <= 60 ? String(rest) : '';
}

function openPanel(open) {
  document.body.classList.toggle('panel-open', open);
  byId('panel-button').setAttribute('aria-expanded', String(open));
  if (open) byId('panel').querySelector('a').focus();
  else byId('panel-button').focus();
}

function listen() {
  byId('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  byId('text').addEventListener('input', fit);
  byId('text').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  byId('introduce').addEventListener('submit', (event) => {
    event.preventDefault();
    const wanted = byId('name').value.trim();
    if (validName.test(wanted)) becomeKnown(wanted);
    else byId('name-problem').textContent = 'A name has 1 to 40 visible characters.';
  });
  byId('introduce').addEventListener('close', () => name === '' && introduce());
  byId('me').addEventListener('click', introduce);
  byId('rooms').addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (document.body.classList.contains('panel-open')) openPanel(false);
    enter(new URL(link.href).searchParams.get('room'));
  });
  byId('room-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const wanted = byId('room-input').value.trim();
    byId('room-input').value = '';
    if (wanted !== '') enter(wanted);
  });
  byId('transports').addEventListener('change', (event) => connection.use(event.target.value));
  byId('cut').addEventListener('click', () => connection.cut());
  byId('retry').addEventListener('click', () => connection.retry());
  byId('panel-button').addEventListener('click', () => openPanel(!document.body.classList.contains('panel-open')));
  byId('panel-cover').addEventListener('click', () => openPanel(false));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && document.body.classList.contains('panel-open')) openPanel(false);
  });
  window.addEventListener('popstate', () => enter(roomInAddress()));
  window.addEventListener('pagehide', () => connection.leave());
  window.addEventListener('pageshow', (event) => event.persisted && enter(room));
}

function start() {
  const address = new URL(location.href).searchParams;
  const wanted = [address.get('transport'), recall('transport'), 'websocket'].find((each) =>
    Object.hasOwn(transports, each ?? ''),
  );
  for (const [value, label] of Object.entries(transports)) {
    const radio = element('input', { type: 'radio', name: 'transport', value });
    radio.checked = value === wanted;
    byId('transports').append(element('label', {}, radio, element('span', {}, label)));
  }
  listen();
  room = roomInAddress();
  showRooms();
  document.documentElement.style.setProperty('--hue', hueOfRoom(room));
  byId('room-name').textContent = room;
  const known = address.get('name') ?? recall('name');
  if (validName.test(known)) becomeKnown(known);
  else introduce();
}

start();

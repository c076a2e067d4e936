import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './browser.fixture';

const transports = {
  websocket: 'WebSocket',
  sse: 'SSE',
  streaming: 'Streaming',
  'long-polling': 'Long-polling',
} as const;
type Transport = keyof typeof transports;
const names = Object.keys(transports) as Transport[];

jest.setTimeout(40_000);

let browser: Browser;
let server: ChildProcess;
let url = '';

/** A port that is free, and that a server can take again after it was killed: with 0 it could not. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0);
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The sample as its user starts it. */
async function startServer(port: number): Promise<void> {
  server = spawn(process.execPath, [join(__dirname, '..', 'dist', 'main.js')], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  url = line.toString().replace('Chat is ready: ', '').trim();
}

async function killServer(): Promise<void> {
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}

let rooms = 0;
const newRoom = (): string => `room${++rooms}`;

/** A browser window of its own. What goes wrong in its scripts fails the test. */
async function newWindow(prepare: (page: Page) => Promise<unknown> = () => Promise.resolve()): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  context.setDefaultTimeout(7_000);
  const page = await context.newPage();
  // Otherwise the client library takes a random part of its interval before it comes back: up to 6 seconds.
  await page.addInitScript(() => (Math.random = () => 0.4));
  page.on('pageerror', (error) => scriptErrors.push(error.message));
  await prepare(page);
  return page;
}

const scriptErrors: string[] = [];

/** Somebody who is in a room. */
async function enter(room: string, name: string, transport: Transport, page?: Page): Promise<Page> {
  const own = page ?? (await newWindow());
  await own.goto(`${url}?room=${room}&name=${encodeURIComponent(name)}&transport=${transport}`);
  await live(own);
  return own;
}

const live = (page: Page): Promise<unknown> => page.waitForSelector('body[data-state="live"]');
const say = async (page: Page, text: string): Promise<void> => {
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill(text);
  await page.keyboard.press('Enter');
};
const shows = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text, { exact: true }).last().waitFor();
const texts = (page: Page): Promise<string[]> => page.locator('.line .text').allTextContents();
const notes = (page: Page): Promise<string[]> => page.locator('.note, .missed').allTextContents();
const here = (page: Page): Promise<string[]> => page.locator('#people li').allInnerTexts();
/** Waits until the server has as many resources: it must not keep, nor get back, what a page has left. */
async function resources(count: number): Promise<void> {
  let known = -1;
  for (const deadline = Date.now() + 5000; known !== count && Date.now() < deadline; await sleep(50))
    known = ((await (await fetch(`${url}health`)).json()) as { resources: number }).resources;
  expect(known).toBe(count);
}

/** The pages go elsewhere. Their windows stay: what a page says as it goes may be lost when its window closes at once. */
const leave = (...pages: Page[]): Promise<unknown> => Promise.all(pages.map((page) => page.goto('about:blank')));

beforeAll(async () => {
  [browser] = await Promise.all([launchBrowser(), freePort().then(startServer)]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.kill('SIGKILL');
});

afterEach(() => expect(scriptErrors.splice(0)).toEqual([]));

test('pages on different transports talk in one room, and see who is there', async () => {
  const room = newRoom();
  const hosts = new Set<string>();
  const watched = await newWindow(async (page) =>
    page.on('request', (request) => hosts.add(new URL(request.url()).host)),
  );
  const ada = await enter(room, 'Ada', 'websocket', watched);
  const grace = await enter(room, 'Grace', 'long-polling');
  await shows(ada, 'Grace joined over Long-polling');
  await say(ada, 'Hello, Grace');
  await shows(grace, 'Hello, Grace');
  await say(grace, 'Hello, Ada');
  await shows(ada, 'Hello, Ada');
  expect(await texts(ada)).toEqual(['Hello, Grace', 'Hello, Ada']);
  expect(await here(ada)).toEqual([
    expect.stringMatching(/Ada\s+you\s+WebSocket/),
    expect.stringMatching(/Grace\s+Polling/),
  ]);
  expect(await ada.locator('.own .text').allTextContents()).toEqual(['Hello, Grace']);

  await leave(grace);
  await shows(ada, 'Grace left');
  expect(await here(ada)).toHaveLength(1);
  expect([...hosts]).toEqual([new URL(url).host]);
  await leave(ada);
});

test('what somebody writes stays text', async () => {
  const room = newRoom();
  const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const ada = await enter(room, 'Ada', 'sse');
  const mallory = await enter(room, '<b onclick=alert(1)>M', 'streaming');
  await say(mallory, attack);
  await shows(ada, attack);
  await shows(ada, '<b onclick=alert(1)>M joined over Streaming');
  expect(await ada.locator('img, b, main script').count()).toBe(0);
  expect(await ada.title()).toBe(`#${room} · Ionosphere chat`);
  await leave(ada, mallory);
});

test('switching through all transports misses nothing and looks to others as one person who stays', async () => {
  const room = newRoom();
  const [ada, grace] = await Promise.all([enter(room, 'Ada', 'websocket'), enter(room, 'Grace', 'websocket')]);
  const expected: string[] = [];
  for (const transport of ['long-polling', 'streaming', 'sse', 'websocket'] as const) {
    await ada.getByRole('radio', { name: transports[transport] }).check({ force: true });
    for (let n = 0; n < 5; n++) {
      expected.push(`${transport} ${n}`);
      await say(grace, `${transport} ${n}`);
    }
    await shows(ada, `Live over ${transports[transport]}`);
    await say(ada, `I use ${transport}`);
    await shows(grace, `I use ${transport}`);
  }
  await shows(ada, 'websocket 4');
  expect((await texts(ada)).filter((text) => !text.startsWith('I use'))).toEqual(expected);
  expect((await notes(grace)).filter((note) => note.startsWith('Ada left'))).toEqual([]);
  expect(await here(grace)).toEqual([expect.stringContaining('Grace'), expect.stringMatching(/Ada\s+WebSocket/)]);
  await resources(2);
  await leave(ada, grace);
});

const cut = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Cut the connection' }).click();
  await shows(page, 'The connection was lost. Coming back…');
};

test('after a loss each transport brings what was missed, once and in order, and sends what was written meanwhile', async () => {
  const room = newRoom();
  const pages = await Promise.all(names.map((transport) => enter(room, `On ${transport}`, transport)));
  const narrator = await enter(room, 'Narrator', 'websocket');
  await say(narrator, 'before');
  await Promise.all(pages.map((page) => shows(page, 'before')));
  await Promise.all(pages.map(cut));
  const missed = ['one', 'two | with a bar', 'three 😀'];
  for (const text of missed) await say(narrator, text);
  await shows(narrator, 'three 😀');
  await Promise.all(pages.map((page, n) => say(page, `written offline ${n}`)));
  await Promise.all(pages.map(live));

  const offline = pages.map((_, n) => `written offline ${n}`);
  for (const page of pages) {
    for (const text of [...missed, ...offline]) await shows(page, text);
    const all = await page.locator('.missed, .line .text').allTextContents();
    // Who comes back later has missed what the others wrote offline, too.
    expect(all.slice(0, 2)).toEqual(['before', expect.stringMatching(/^[3-6] messages while you were away$/)]);
    expect(all.slice(2, 5)).toEqual(missed);
    expect(all.slice(5).sort()).toEqual(offline);
  }
  expect((await notes(narrator)).filter((note) => note.endsWith('left'))).toEqual([]);
  await leave(narrator, ...pages);
});

test('who does not want to wait for the connection tries at once, and gets what was missed as well', async () => {
  const room = newRoom();
  const [ada, grace] = await Promise.all([enter(room, 'Ada', 'sse'), enter(room, 'Grace', 'websocket')]);
  await say(grace, 'before');
  await shows(ada, 'before');
  await cut(ada);
  await say(grace, 'missed');
  await shows(grace, 'missed');
  await ada.getByRole('button', { name: 'Try now' }).click();
  await shows(ada, '1 message while you were away');
  expect(await texts(ada)).toEqual(['before', 'missed']);
  await say(ada, 'here again');
  await shows(grace, 'here again');
  expect(await here(grace)).toHaveLength(2);
  await leave(ada, grace);
});

test('when the server goes the page says so, and finds its way when it is back', async () => {
  const room = newRoom();
  const page = await enter(room, 'Ada', 'streaming');
  await say(page, 'forgotten by the server');
  await page.locator('.pending').waitFor({ state: 'detached' });
  await killServer();
  await page.waitForSelector('body[data-state="lost"]');
  await shows(page, "The server can't be reached.");
  await say(page, 'written to nobody');
  expect(await page.locator('.pending').count()).toBe(1);
  await startServer(Number(new URL(url).port));
  await live(page);
  await page.locator('.pending').waitFor({ state: 'detached' });
  // The server has forgotten what was said: the page does not know whether it has missed something.
  await shows(page, /^Back after \d+ s/);
  expect(await notes(page)).toEqual([
    'Some messages of the time before could not be kept for you.',
    expect.stringMatching(/^Back after \d+ s$/),
  ]);
  const grace = await enter(room, 'Grace', 'sse');
  expect(await texts(grace)).toEqual(['written to nobody']);
  await leave(page, grace);
});

test('where WebSocket does not get through, the page takes a transport that does, and says so', async () => {
  const noWebSocket = await newWindow((page) =>
    page.addInitScript(() => {
      globalThis.WebSocket = class extends EventTarget {
        constructor() {
          super();
          throw new Error('blocked');
        }
      } as unknown as typeof WebSocket;
    }),
  );
  const page = await enter(newRoom(), 'Ada', 'websocket', noWebSocket);
  await shows(page, 'Live over Long-polling');
  await shows(page, 'That transport does not get through here; using long-polling.');
  await leave(page);
});

test('a newcomer is asked for a name, and everything can be done from the keyboard', async () => {
  const page = await newWindow();
  await page.goto(url);
  const dialog = page.getByRole('dialog', { name: 'What should the others call you?' });
  await dialog.waitFor();
  await page.keyboard.type('Ada\u202e');
  await page.keyboard.press('Enter');
  await shows(page, 'A name has 1 to 40 visible characters.');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await live(page);
  await page.keyboard.type('first line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('second line');
  await page.keyboard.press('Enter');
  await page.getByRole('log', { name: 'Messages' }).getByText('first line').waitFor();
  expect(await texts(page)).toEqual(['first line\nsecond line']);

  await page.getByRole('radio', { name: 'WebSocket' }).focus();
  await page.keyboard.press('ArrowRight');
  await shows(page, 'Live over SSE');
  const other = newRoom();
  await page.getByRole('textbox', { name: 'Name of another room' }).focus();
  await page.keyboard.type(other);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: other }).waitFor();
  await live(page);
  expect(await texts(page)).toEqual([]);
  expect(new URL(page.url()).searchParams.get('room')).toBe(other);
  await page.goBack();
  await shows(page, 'blue');
  await page.reload();
  await live(page);
  await leave(page);
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { findBrowser, launch } from '../../../tests/browser.fixture';

const found = findBrowser();
const describeInBrowser = 'reason' in found ? describe.skip : describe;

describeInBrowser('The page on atmosphere.js', () => {
  let server: ChildProcess;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    if ('reason' in found) return;
    // The sample as its user starts it.
    server = spawn(process.execPath, [join(__dirname, '..', 'dist', 'main.js')], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    url = line.toString().replace('Ready: ', '').trim();
    browser = await launch(found);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    server.kill();
  });

  async function open(transport: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${url}?transport=${transport}`);
    await page.getByText(`live over ${transport}`).waitFor();
    return page;
  }

  it('talks over every transport with pages on any other', async () => {
    const pages = await Promise.all(['websocket', 'sse', 'streaming', 'long-polling'].map(open));
    const said: string[] = [];
    for (const [index, page] of pages.entries()) {
      await page.getByLabel('Your name').fill(`P${index}`);
      await page.getByLabel('Text').fill(`<b>${index}</b>`);
      await page.getByRole('button', { name: 'Send' }).click();
      said.push(`P${index}: <b>${index}</b>`);
      for (const each of pages) {
        await each.getByText(said.at(-1) ?? '').waitFor();
        expect(await each.getByRole('listitem').allTextContents()).toEqual(said);
      }
    }
  }, 40_000);
});

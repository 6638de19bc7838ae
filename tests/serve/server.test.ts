/** The page of a results folder: what it shows, and what it never gives away. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import type { Progress } from '../../src/results/progress.js';
import { isLoopbackHost, openFolder, serveFolder, type Serving } from '../../src/serve/server.js';
import { accessibilityProblems, contentWidth, launch, noBrowser, watchRequests } from '../fixtures/browser.js';
import { makeResult } from '../report/fixtures.js';

const progress: Progress = {
  schema: 'mqbench.progress',
  id: 'going-on',
  scenario: '<img src=x onerror="document.title=1">',
  updatedAt: new Date().toISOString(),
  place: 2,
  of: 9,
  cell: 'kafka/100B',
  stage: 'measure',
  sent: 1_000,
  received: 900,
  perSecond: 450,
  p99Seconds: 0.25,
  ended: [{ cell: 'rabbitmq/100B', repetition: 1, outcome: '12,345 messages/s, broker-bound' }],
};

let base: string;
let serving: Serving;
const draft = '.going-on.0123456789ab.tmp';

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'mqbench serve '));
  const root = join(base, 'results');
  const store = async (at: string, name: string, result: unknown): Promise<void> => {
    await mkdir(join(at, name), { recursive: true });
    await writeFile(join(at, name, 'result.json'), JSON.stringify(result));
  };
  const small = { sizes: [100], repetitions: 1, targets: ['rabbitmq', 'kafka'] };
  await store(root, 'one', makeResult(small));
  await store(root, 'two', { ...makeResult({ ...small, seed: 2, id: 'two' }), startedAt: '2026-11-22T10:15:00.000Z' });
  await store(root, join('session', 'a'), { ...makeResult(small), startedAt: '2026-11-20T10:15:00.000Z' });
  await store(root, join('session', 'b'), { ...makeResult(small), startedAt: '2026-11-20T10:14:00.000Z' });
  await store(root, join('session', 'c'), makeResult(small));
  await mkdir(join(root, 'linked-session'));
  await symlink(join(base, 'outside'), join(root, 'linked-session', 'a'));
  await store(root, 'broken', { schema: 'mqbench.result' });
  await store(base, 'outside', makeResult({ ...small, id: 'outside' }));
  await symlink(join(base, 'outside'), join(root, 'linked'));
  await mkdir(join(root, 'half'));
  await symlink(join(base, 'outside', 'result.json'), join(root, 'half', 'result.json'));
  await mkdir(join(root, draft));
  await writeFile(join(root, draft, 'progress.json'), JSON.stringify(progress));
  serving = await serveFolder(await openFolder(root), 0, 'results');
});
afterAll(async () => {
  await serving?.close();
  await rm(base, { recursive: true, force: true });
});

/** Exactly this path and these headers, which fetch would tidy up. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; body: string; policy: string }>((resolve, reject) => {
    const { hostname, port } = new URL(serving.url);
    const asking = request({ hostname, port, path, method, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => (body += part));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          body,
          policy: String(answer.headers['content-security-policy']),
        }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe('the page of a results folder', () => {
  it('lists the results in it, the newest first, and what cannot be read', async () => {
    const { status, body, policy } = await ask('/');
    expect(status).toBe(200);
    expect([...body.matchAll(/href="\/report\?r=([^"]*)"/g)].map(([, name]) => name)).toEqual([
      'two',
      'one',
      'session%2Fa',
      'session%2Fb',
    ]);
    expect(body).toContain('<strong>broken</strong>');
    expect(body).not.toMatch(/linked|half|outside/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  });

  it('gives nothing to a request that names another host', async () => {
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example'])
      expect((await ask('/', { host })).status, host).toBe(421);
    expect((await ask('/', { host: 'localhost:1234' })).status).toBe(200);
    expect([isLoopbackHost('[::1]:80'), isLoopbackHost('[::2]'), isLoopbackHost(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('answers GET alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect((await ask('/', {}, method)).status, method).toBe(405);
    const { status, body } = await ask('/', {}, 'HEAD');
    expect([status, body]).toEqual([200, '']);
  });

  it.each([
    '/report?r=..%2Foutside',
    '/report?r=../outside',
    '/report?r=linked',
    '/report?r=half',
    '/report?r=one%2F..%2F..%2Foutside',
    '/report?r=linked-session%2Fa',
    '/report?r=session%2Fc',
    '/report?r=session%2F..%2F..%2Foutside',
    '/report?r=session',
    '/report?r=%2Fetc%2Fpasswd',
    '/report?r=one%00',
    `/report?r=${draft}`,
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/one/result.json',
    '//etc/passwd',
  ])('reads nothing outside the folder, nor any file by its path: %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toMatch(/root:|mqbench\.result/);
  });

  it('shows one side of a session, and does not mind that a result goes while it looks', async () => {
    expect((await ask('/report?r=session%2Fb')).status).toBe(200);
    const root = await mkdtemp(join(tmpdir(), 'mqbench gone '));
    const file = join(root, 'gone', 'result.json');
    try {
      await mkdir(join(root, 'gone'));
      await writeFile(file, '{}');
      const folder = await openFolder(root);
      // Whichever of its steps the removal falls between.
      for (let turn = 0; turn < 50; turn++) {
        await writeFile(file, '{}');
        const looks = [folder.stamp('gone'), folder.list(), folder.stamp('gone')];
        await Promise.all([...looks, rm(file)]);
      }
      expect(await folder.stamp('gone')).toBeUndefined();
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  it('says so when the folder or the port cannot be had', async () => {
    await expect(openFolder(join(base, 'nowhere'))).rejects.toThrow(UsageError);
    const { port } = new URL(serving.url);
    await expect(serveFolder(await openFolder(base), Number(port), base)).rejects.toThrow(/--port|port|EADDRINUSE/);
  });
});

describe.skipIf(noBrowser)('the same in a browser', { timeout: 400_000 }, () => {
  it('shows what goes on, filters, overlays two, with the keyboard, in light and dark, on a phone', async () => {
    const browser = await launch();
    try {
      for (const [colorScheme, width] of [
        ['light', 1280],
        ['dark', 380],
      ] as const) {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
        const asked = watchRequests(page);
        const complaints: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        await page.goto(serving.url);
        const live = page.locator('#live-list');
        await expect.poll(() => live.innerText(), { timeout: 180_000 }).toMatch(/\d messages\/s/);
        expect(await live.innerText()).toContain(progress.scenario);
        // It goes on: another process writes, and the page shows it by itself.
        const next = { ...progress, updatedAt: new Date().toISOString(), perSecond: 7_654 + width };
        await writeFile(join(base, 'results', draft, 'progress.json'), JSON.stringify(next));
        await expect
          .poll(() => live.innerText(), { timeout: 180_000 })
          .toContain(`${(7_654 + width).toLocaleString('en')} messages/s`);
        expect(await contentWidth(page)).toBeLessThanOrEqual(width);
        expect(await accessibilityProblems(page)).toEqual([]);
        await page.emulateMedia({ colorScheme: colorScheme === 'light' ? 'dark' : 'light' });
        expect(await accessibilityProblems(page)).toEqual([]);
        await page.emulateMedia({ colorScheme });
        await page.locator('#filter').focus();
        await page.keyboard.type('two');
        await expect.poll(() => page.locator('#results tbody tr:visible').count(), { timeout: 180_000 }).toBe(1);
        await page.locator('#filter').fill('');
        // Two dates are no two numbers that begin with the same year.
        const order = () =>
          page.evaluate<string[]>("[...document.querySelectorAll('#results tbody input')].map(({ value }) => value)");
        expect(await order()).toEqual(['two', 'one', 'session/a', 'session/b']);
        for (const expected of [
          ['session/b', 'session/a', 'one', 'two'],
          ['two', 'one', 'session/a', 'session/b'],
        ]) {
          await page.locator('#results thead button', { hasText: 'Started' }).press('Enter');
          expect(await order()).toEqual(expected);
        }
        if (width === 1280) {
          for (const name of ['two', 'one']) {
            await page.locator(`input[value=${name}]`).focus();
            await page.keyboard.press('Space');
          }
          await page.locator('button.main').focus();
          await Promise.all([
            page.waitForURL(/\/report\?r=two&r=one$/, { timeout: 180_000 }),
            page.keyboard.press('Enter'),
          ]);
          expect(await page.locator('h1').innerText()).toBe('round-robin and round-robin');
          await page.locator('.plot').first().scrollIntoViewIfNeeded();
          await expect.poll(() => page.locator('.live').count(), { timeout: 180_000 }).toBeGreaterThan(0);
        }
        expect(complaints).toEqual([]);
        expect(asked.filter((url) => !url.startsWith(serving.url))).toEqual([]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });

  it('tells of a session that has no end yet, and of each result that comes', async () => {
    const root = join(base, 'results');
    const browser = await launch();
    try {
      const session = { ...progress, id: 'pairs', scenario: 'pairs', place: 3, of: 0 };
      await mkdir(join(root, '.pairs.0123456789ab.tmp'));
      const page = await browser.newPage();
      await page.goto(serving.url);
      await writeFile(join(root, '.pairs.0123456789ab.tmp', 'progress.json'), JSON.stringify(session));
      const card = page.locator('#live-list > div', { hasText: 'pairs' });
      await expect.poll(() => card.count(), { timeout: 180_000 }).toBe(1);
      expect(await card.locator('progress').getAttribute('value')).toBeNull();
      expect(await page.locator('#live-said').textContent()).toMatch(/pairs: measure/);
      for (const name of ['later', 'latest']) {
        await mkdir(join(root, name));
        await writeFile(join(root, name, 'result.json'), JSON.stringify(makeResult({ sizes: [100], repetitions: 1 })));
        await expect.poll(() => page.locator('#news').innerText(), { timeout: 180_000 }).toContain(name);
      }
    } finally {
      await browser.close();
      for (const name of ['.pairs.0123456789ab.tmp', 'later', 'latest'])
        await rm(join(root, name), { recursive: true, force: true });
    }
  });

  it('is worked with the keyboard alone: filter, tick two, overlay them, and back', async () => {
    const browser = await launch();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await page.goto(serving.url);
      const is = (selector: string) =>
        page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)}) === true`);
      /** Goes from where the focus is, never with a pointer, and expects that it can be seen where it is. */
      const go = async (key: 'Tab' | 'Shift+Tab', selector: string): Promise<void> => {
        for (let presses = 0; presses === 0 || !(await is(selector)); presses++) {
          expect(presses, `no ${selector} within so many presses of ${key}`).toBeLessThan(60);
          await page.keyboard.press(key);
        }
        const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
        expect(outline, selector).not.toBe('none');
      };
      const shown = () => page.locator('#results tbody tr:visible').count();
      const all = await shown();
      expect(all).toBe(4);
      for (const [at, name] of ['one', 'two'].entries()) {
        await go(at === 0 ? 'Tab' : 'Shift+Tab', '#filter');
        await page.keyboard.press('Control+a');
        await page.keyboard.type(name);
        await expect.poll(shown, { timeout: 180_000 }).toBe(1);
        await go('Tab', `input[value=${name}]`);
        await page.keyboard.press('Space');
      }
      await go('Shift+Tab', '#filter');
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Delete');
      await expect.poll(shown, { timeout: 180_000 }).toBe(all);
      expect(await page.locator('#results input:checked').count()).toBe(2);
      await go('Tab', 'button.main');
      await Promise.all([
        page.waitForURL(/\/report\?r=two&r=one$/, { timeout: 180_000 }),
        page.keyboard.press('Enter'),
      ]);
      expect(await page.locator('h1').innerText()).toBe('round-robin and round-robin');
      // The way back is the first thing there.
      await go('Tab', 'a[href="/"]');
      await Promise.all([page.waitForURL(serving.url, { timeout: 180_000 }), page.keyboard.press('Enter')]);
    } finally {
      await browser.close();
    }
  });
});

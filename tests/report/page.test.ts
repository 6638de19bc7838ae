/** report.html in a real browser. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../src/report/write.js';
import type { Result } from '../../src/results/schema.js';
import { packageRoot } from '../../src/root.js';
import { median } from '../../src/stats/summary.js';
import {
  accessibilityProblems,
  contentWidth,
  contrast,
  launch,
  noBrowser,
  watchRequests,
} from '../fixtures/browser.js';
import { makeResult, withTarget } from './fixtures.js';

const hostileName = `"><img src=x onerror="document.title='owned'"></title></style></script><!--<script>document.title='owned'</script>`;

function hostile(): Result {
  const base = withTarget(makeResult({ sizes: [100], repetitions: 2 }), 'kafka', hostileName);
  return {
    ...base,
    scenario: { ...base.scenario, name: hostileName, description: `</p>${hostileName}` },
    warnings: [hostileName],
    missing: [{ target: 'activemq2', reason: hostileName }],
    targets: base.targets.map((target) => ({ ...target, confirmMeans: hostileName, versionWarning: hostileName })),
    runs: base.runs.map((run) => ({ ...run, verdict: { ...run.verdict, evidence: [hostileName] } })),
  };
}

describe.skipIf(noBrowser)('report.html in a browser', () => {
  let folder: string;
  let browser: Browser;
  const url = (name: string): string => pathToFileURL(join(folder, name, 'report.html')).href;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mqbench page '));
    browser = await launch();
    await writeReport(join(folder, 'hostile'), [hostile()]);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Makes every picture come into view, and waits until each answers the pointer or has said why not. */
  const enliven = async (page: Page): Promise<void> => {
    for (const plot of await page.locator('.plot').all()) await plot.scrollIntoViewIfNeeded();
    const unanswered = () =>
      page.evaluate<number>(
        "[...document.querySelectorAll('.plot')].filter((plot) => !plot.querySelector('.live') && !plot.dataset.still).length",
      );
    await expect.poll(unanswered, { timeout: 120_000 }).toBe(0);
  };

  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 380],
  ] as const)
    it(`in ${colorScheme}, ${width} px wide: hostile names are text, nothing is loaded, pictures answer, everybody can use it`, async () => {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const asked = watchRequests(page);
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(url('hostile'));
      expect(await page.title()).toBe(`${hostileName} – mqbench`);
      expect(await page.locator('h1').textContent()).toBe(hostileName);
      expect(await page.locator('figure svg[role=img]').count()).toBe(8);
      expect(await page.locator('figure details table').count()).toBe(8);
      await enliven(page);
      expect(await page.locator('.live svg[role=img][aria-label]').count()).toBe(8);
      expect(await page.locator('.live svg > desc').count()).toBe(8);
      expect(await page.locator('[data-still]').count()).toBe(0);
      // What is pointed at says its figures; the hostile target's name is in them as text.
      const shares = page.locator(`[data-plot="throughput-100B"] .live .mark-symbol path`);
      await shares.last().hover({ force: true });
      const tooltip = page.locator('#vg-tooltip-element.visible');
      await tooltip.waitFor();
      expect(await tooltip.innerText()).toMatch(/Messages\/s\s+[\d,]+/);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).toBe(`${hostileName} – mqbench`);
      expect(complaints).toEqual([]);
      expect(asked).toEqual([url('hostile')]);
      expect(await contentWidth(page)).toBeLessThanOrEqual(width);
      expect(await page.evaluate<string[]>('[...document.fonts].map((font) => font.status)')).toEqual([
        'loaded',
        'loaded',
      ]);
      const grounds = [];
      for (const scheme of [colorScheme, colorScheme === 'light' ? 'dark' : 'light'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        const [ink, ground] = await page.evaluate<[string, string]>(
          '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
        );
        expect(contrast(ink, ground)).toBeGreaterThan(7);
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await contentWidth(page)).toBeLessThanOrEqual(width);
        grounds.push(ground);
      }
      expect(new Set(grounds).size).toBe(2);
      await page.close();
    });

  it('of the whole assignment, as it is committed, stays below 5 MB', async () => {
    const report = join(packageRoot, 'results', 'example-round-robin', 'report.html');
    expect((await stat(report)).size).toBeLessThan(5e6);
  });

  it('is worked with the keyboard alone: colours, and tables that sort', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
    await page.goto(url('hostile'));
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await ground()).not.toBe(light);
    await page.reload();
    expect(await ground()).not.toBe(light);
    // Along what can be reached, to the head of a column of figures.
    const column = page.locator('#throughput thead th').filter({ hasText: 'Messages/s' }).first();
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      if ((await column.locator('button:focus').count()) > 0) break;
    }
    const heads = await page.locator('#throughput > .scroll thead th').allInnerTexts();
    const index = heads.findIndex((head) => head.startsWith('Messages/s')) + 1;
    const figures = async () =>
      (await page.locator(`#throughput > .scroll tbody tr > :nth-child(${index})`).allInnerTexts()).map((text) =>
        Number(text.replaceAll(',', '')),
      );
    const unsorted = await figures();
    await page.keyboard.press('Enter');
    expect(await column.getAttribute('aria-sort')).toBe('ascending');
    expect(await figures()).toEqual(unsorted.toSorted((a, b) => a - b));
    await page.keyboard.press('Enter');
    expect(await figures()).toEqual(unsorted.toSorted((a, b) => b - a));
    await page.keyboard.press('Enter');
    expect(await figures()).toEqual(unsorted);
    await page.close();
  });

  it('shows every picture and table without scripts, and on paper', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(url('hostile'));
    for (const picture of await page.locator('figure svg[role=img]').all())
      expect((await picture.boundingBox())?.height).toBeGreaterThan(100);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    await context.close();
    // A picture opened by itself has no policy that would stop a script.
    const alone = await browser.newPage();
    const asked = watchRequests(alone);
    const pictures = (await readdir(join(folder, 'hostile', 'plots'))).filter((name) => name.endsWith('.svg'));
    for (const name of pictures) {
      await alone.goto(pathToFileURL(join(folder, 'hostile', 'plots', name)).href);
      expect(await alone.title(), name).not.toBe('owned');
      expect(await alone.locator('script, img, image, foreignObject, a, parsererror').count(), name).toBe(0);
    }
    expect(asked).toHaveLength(pictures.length);
    await alone.close();
  });

  it.skipIf(process.env['MQBENCH_TEST_LONG'] !== '1')(
    'of a full assignment stays below 5 MB and opens in less than 2 s',
    async () => {
      await writeReport(join(folder, 'full'), [makeResult()]);
      expect((await stat(join(folder, 'full', 'report.html'))).size).toBeLessThan(5e6);
      const times = [];
      for (let i = 0; i < 5; i++) {
        const page = await browser.newPage();
        await page.goto(url('full'), { waitUntil: 'load' });
        times.push(await page.evaluate<number>('performance.timing.loadEventEnd - performance.timing.navigationStart'));
        await page.close();
      }
      expect(median(times)).toBeLessThan(2_000);
    },
  );
});

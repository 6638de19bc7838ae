import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { report } from '../../src/commands/report.js';
import { InterruptedError, ResultError, StorageError, UsageError } from '../../src/errors.js';
import { loadRenderer } from '../../src/report/render.js';
import { writeReport } from '../../src/report/write.js';
import type { Result } from '../../src/results/schema.js';
import { makeEmptyResult, makePartialResult, makeResult, withTarget } from './fixtures.js';

const small = makeResult({ sizes: [100], repetitions: 2 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mqbench report '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function filesIn(root: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.sort().map(async (file) => [file.slice(root.length + 1), await readFile(file)] as const)),
  );
}

describe('writeReport', () => {
  it('writes each plot three ways, the page and the summary, and leaves nothing else', async () => {
    const told: string[] = [];
    const { files } = await writeReport(folder, [small], { progress: (what) => told.push(what) });
    expect([...(await filesIn(folder)).keys()].sort()).toEqual([...files].sort());
    for (const file of ['throughput-100B.vl.json', 'throughput-100B.svg', 'throughput-100B.png', 'share-100B.png'])
      expect(files).toContain(`plots/${file}`);
    expect(files.slice(-2)).toEqual(['summary.md', 'report.html']);
    expect(told).toHaveLength(6);
  });

  it('gives the same bytes for the same result, whatever was drawn before', async () => {
    await writeReport(join(folder, 'a'), [small]);
    await writeReport(join(folder, 'b'), [makePartialResult()]);
    await writeReport(join(folder, 'c'), [structuredClone(small)]);
    const [a, c] = [await filesIn(join(folder, 'a')), await filesIn(join(folder, 'c'))];
    expect([...a.keys()]).toEqual([...c.keys()]);
    for (const [name, bytes] of a) expect(c.get(name)?.equals(bytes), name).toBe(true);
  });

  it('has no address to load anything from, and no script', async () => {
    await writeReport(folder, [small]);
    const html = await readFile(join(folder, 'report.html'), 'utf8');
    expect(html).not.toMatch(/<script|<link|<iframe|@import|javascript:/i);
    expect(html).not.toMatch(/(?:src|href)="(?!#)/);
    expect(html).toContain("default-src 'none'");
  });

  it('brings the plots’ font along, cut down to what they use', async () => {
    await writeReport(folder, [small]);
    const html = await readFile(join(folder, 'report.html'), 'utf8');
    const faces = html.match(/@font-face\{[^}]*\}/g) ?? [];
    expect(faces.map((face) => /font-weight:(\d+)/.exec(face)?.[1])).toEqual(['400', '600']);
    expect(Math.max(...faces.map((face) => face.length))).toBeLessThan(30_000);
  });

  it.each([
    ['partial', makePartialResult()],
    ['empty', makeEmptyResult()],
  ])('gets along with a result that is %s', async (_, result) => {
    await writeReport(folder, [result]);
    const html = await readFile(join(folder, 'report.html'), 'utf8');
    expect(html.match(/Missing target/g)).toHaveLength(2);
  });

  it('says which run’s histogram is damaged, and writes nothing', async () => {
    const damaged = structuredClone(small);
    const run = damaged.runs[0];
    if (run?.latency) run.latency.endToEnd.hdr = 'HISTFAAAAB14nJNpmSzMwMDAxAAB';
    await expect(writeReport(join(folder, 'new'), [damaged])).rejects.toThrow(ResultError);
    await expect(writeReport(join(folder, 'new'), [damaged])).rejects.toThrow(/rabbitmq\/100B#1/);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it('stops between two pictures when it is interrupted, and writes nothing', async () => {
    const controller = new AbortController();
    const progress = (): void => controller.abort(new InterruptedError());
    const stopped = writeReport(join(folder, 'stopped'), [small], { progress, signal: controller.signal });
    await expect(stopped).rejects.toThrow(InterruptedError);
    expect(existsSync(join(folder, 'stopped'))).toBe(false);
  });

  it('says so when the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(writeReport(join(folder, 'file'), [small])).rejects.toThrow(StorageError);
  });
});

describe('a picture', () => {
  it('has its text on a machine without fonts', async () => {
    const renderer = await loadRenderer();
    const svg = (text: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="5" y="30" font-family="Inter, sans-serif" font-size="20">${text}</text></svg>`;
    const [words, none] = [Buffer.from(renderer.png(svg('round-robin'))), Buffer.from(renderer.png(svg('')))];
    expect(words.subarray(1, 4).toString()).toBe('PNG');
    // Twice as many pixels as the drawing has.
    expect(words.readUInt32BE(16)).toBe(400);
    expect(words.length).toBeGreaterThan(none.length + 500);
  });
});

describe('mqbench report', () => {
  const context = { columns: 100, color: false };
  const store = async (name: string, result: Result): Promise<string> => {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'result.json'), JSON.stringify(result));
    return path;
  };

  it('draws one result again in its own folder', async () => {
    const path = await store('one', small);
    const text = await report([path], {}, context);
    expect(text).toContain('Throughput');
    expect(text).toContain(join(path, 'report.html'));
    expect(existsSync(join(path, 'plots', 'latency-100B.svg'))).toBe(true);
  });

  it('lays several over each other in a folder of their own beside the first', async () => {
    const a = await store('a', small);
    const b = await store('b', {
      ...makeResult({ sizes: [100], repetitions: 2, seed: 2 }),
      id: 'other',
    });
    await report([a, b], {}, context);
    const target = join(folder, `compare-${small.id}-other`);
    expect(await readFile(join(target, 'summary.md'), 'utf8')).toContain('| 100 B | **kafka** | B |');
    expect(existsSync(join(a, 'report.html'))).toBe(false);
  });

  it('does not replace a result’s own report by a comparison', async () => {
    const a = await store('a', small);
    await expect(report([a, a], { out: a }, context)).rejects.toThrow(UsageError);
  });

  it('writes beside the first result whatever the results call themselves', async () => {
    const a = await store('inner/a', { ...small, id: '../../../escaped' });
    await report([a, a], {}, context);
    expect((await readdir(folder)).sort()).toEqual(['inner']);
    expect((await readdir(join(folder, 'inner'))).filter((name) => name !== 'a')).toHaveLength(1);
  });

  it('says what is wrong with a folder that is no result', async () => {
    await expect(report([folder], {}, context)).rejects.toThrow(ResultError);
  });
});

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (chromium === undefined && process.env['CI'] !== 'true')
  process.stderr.write('\n*** No Chromium: report.html is NOT tried in a browser. apt-get install chromium ***\n\n');

describe.skipIf(chromium === undefined && process.env['CI'] !== 'true')('report.html in a browser', () => {
  const hostileName = `"><img src=x onerror="document.title='owned'"></title></style><script>document.title='owned'</script>`;

  it('takes hostile names as text, runs nothing, loads nothing, and fits a phone', { timeout: 120_000 }, async () => {
    const { chromium: browserType } = await import('playwright-core');
    const base = withTarget(small, 'kafka', hostileName);
    const hostile: Result = {
      ...base,
      scenario: { ...base.scenario, name: hostileName, description: `</p>${hostileName}` },
      warnings: [hostileName],
      missing: [{ target: 'activemq2', reason: hostileName }],
      targets: base.targets.map((target) => ({ ...target, confirmMeans: hostileName, versionWarning: hostileName })),
      runs: base.runs.map((run) => ({ ...run, verdict: { ...run.verdict, evidence: [hostileName] } })),
    };
    await writeReport(folder, [hostile]);
    const browser = await browserType.launch({
      ...(chromium === undefined ? {} : { executablePath: chromium }),
      args: ['--no-sandbox'],
    });
    try {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport: { width: 380, height: 800 }, colorScheme });
        const requests: string[] = [];
        const complaints: string[] = [];
        page.on('request', (request) => requests.push(request.url()));
        page.on('console', (message) => complaints.push(message.text()));
        await page.goto(pathToFileURL(join(folder, 'report.html')).href);
        expect(requests).toHaveLength(1);
        expect(complaints).toEqual([]);
        expect(await page.title()).toBe(`${hostileName} – mqbench`);
        expect(await page.locator('h1').textContent()).toBe(hostileName);
        expect(await page.locator('img, script').count()).toBe(0);
        expect(await page.locator('figure svg').count()).toBe(6);
        expect(await page.locator('figure svg > title').count()).toBe(6);
        expect(await page.locator('figure details table').count()).toBe(6);
        const width = await page
          .locator('html')
          .evaluate((root) => (root as unknown as { scrollWidth: number }).scrollWidth);
        expect(width).toBeLessThanOrEqual(380);
        const fonts = await page.evaluate<string[]>(
          'document.fonts.ready.then((fonts) => [...fonts].map((font) => font.status))',
        );
        expect(fonts).toEqual(['loaded', 'loaded']);
        // Text must stand out from its ground in both schemes.
        const [ink, ground] = await page.locator('body').evaluate((body) => {
          const style = (
            globalThis as unknown as { getComputedStyle(e: unknown): { color: string; backgroundColor: string } }
          ).getComputedStyle(body);
          return [style.color, style.backgroundColor];
        });
        expect(contrast(ink ?? '', ground ?? '')).toBeGreaterThan(7);
        await page.close();
      }
      // A picture opened by itself has no policy that would stop a script.
      const page = await browser.newPage();
      const asked: string[] = [];
      page.on('dialog', (dialog) => void dialog.dismiss());
      page.on('request', (request) => asked.push(request.url()));
      const pictures = (await readdir(join(folder, 'plots'))).filter((name) => name.endsWith('.svg'));
      for (const name of pictures) {
        await page.goto(pathToFileURL(join(folder, 'plots', name)).href);
        expect(await page.title(), name).not.toBe('owned');
        expect(await page.locator('script, img, image, foreignObject, a, parsererror').count(), name).toBe(0);
      }
      expect(asked).toHaveLength(pictures.length);
    } finally {
      await browser.close();
    }
  });
});

/** WCAG 2 contrast ratio of two `rgb(r, g, b)` colours. */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
      const c = Number(part) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { report } from '../../src/commands/report.js';
import { InterruptedError, ResultError, StorageError, UsageError } from '../../src/errors.js';
import { loadRenderer } from '../../src/report/render.js';
import { writeReport } from '../../src/report/write.js';
import type { Result } from '../../src/results/schema.js';
import { makeEmptyResult, makePartialResult, makeResult } from './fixtures.js';

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
  // What is only looked at is drawn once.
  let written: string;
  let files: readonly string[];
  const told: string[] = [];
  beforeAll(async () => {
    written = await mkdtemp(join(tmpdir(), 'mqbench report '));
    ({ files } = await writeReport(written, [small], { progress: (what) => told.push(what) }));
  });
  afterAll(() => rm(written, { recursive: true, force: true }));
  const page = () => readFile(join(written, 'report.html'), 'utf8');

  it('writes each plot three ways, the page and the summary, and leaves nothing else', async () => {
    expect([...(await filesIn(written)).keys()].sort()).toEqual([...files].sort());
    for (const file of ['throughput-100B.vl.json', 'throughput-100B.svg', 'throughput-100B.png', 'share-100B.png'])
      expect(files).toContain(`plots/${file}`);
    expect(files.slice(-2)).toEqual(['summary.md', 'report.html']);
    expect(told).toHaveLength(8);
  });

  it('gets along with a partial result, and gives the same bytes for the same result afterwards', async () => {
    await writeReport(join(folder, 'partial'), [makePartialResult()]);
    const html = await readFile(join(folder, 'partial', 'report.html'), 'utf8');
    expect(html.match(/Missing target/g)).toHaveLength(2);
    await writeReport(join(folder, 'again'), [structuredClone(small)]);
    const [first, again] = [await filesIn(written), await filesIn(join(folder, 'again'))];
    expect([...first.keys()]).toEqual([...again.keys()]);
    for (const [name, bytes] of first) expect(again.get(name)?.equals(bytes), name).toBe(true);
  });

  it('has no address to load anything from', async () => {
    const html = await page();
    const markup = html.replace(/<script[^>]*>[\s\S]*?<\/script>/g, '');
    expect(markup).not.toMatch(/<script|<iframe|@import|javascript:/i);
    expect(markup.replace('<link rel="icon" href="data:,">', '')).not.toMatch(/<link|(?:src|href)="(?!#)/);
    expect(html).toContain("default-src 'none'");
  });

  it('brings the plots’ font along, cut down to what they use', async () => {
    const html = await page();
    const faces = html.match(/@font-face\{[^}]*\}/g) ?? [];
    expect(faces.map((face) => /font-weight:(\d+)/.exec(face)?.[1])).toEqual(['400', '600']);
    expect(Math.max(...faces.map((face) => face.length))).toBeLessThan(40_000);
  });

  it('gets along with a result that is empty', async () => {
    await writeReport(folder, [makeEmptyResult()]);
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
    await expect(writeReport(join(folder, 'file'), [makeEmptyResult()])).rejects.toThrow(StorageError);
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

  it('does not replace the report of another result or session either', async () => {
    const a = await store('a', small);
    const b = await store('b', small);
    const session = join(folder, 'session');
    await mkdir(session, { recursive: true });
    await writeFile(join(session, 'ab.json'), '{}');
    for (const out of [b, session]) {
      await expect(report([a], { out }, context)).rejects.toThrow(UsageError);
      await expect(report([a, b], { out }, context)).rejects.toThrow(UsageError);
      expect(existsSync(join(out, 'report.html'))).toBe(false);
    }
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

  it('names the command that draws a paired session again', async () => {
    await writeFile(join(folder, 'ab.json'), '{}');
    const refusal = await report([folder], {}, context).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ResultError);
    expect((refusal as ResultError).details.hint).toContain(`mqbench compare ${folder}`);
  });
});

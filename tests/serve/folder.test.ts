/** What the page is told of a folder, without a page. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { drawingStage, type Progress } from '../../src/results/progress.js';
import { openFolder } from '../../src/serve/server.js';
import { makeResult } from '../report/fixtures.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mqbench-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a folder of results', () => {
  it('looks for each result once, however many there are', async () => {
    const text = JSON.stringify(makeResult({ sizes: [100], repetitions: 1, targets: ['rabbitmq'] }));
    for (const name of ['one', 'two', 'three']) {
      await mkdir(join(root, name));
      await writeFile(join(root, name, 'result.json'), text);
    }
    const folder = await openFolder(root);
    const looks = vi.spyOn(folder, 'stamp');
    const { results, unreadable } = await folder.list();
    expect([results.length, unreadable]).toEqual([3, []]);
    expect(looks).toHaveBeenCalledTimes(3);
  });

  it('waits for no word of a run whose plots are drawn', async () => {
    const progress: Progress = {
      schema: 'mqbench.progress',
      id: 'r',
      scenario: 's',
      updatedAt: new Date(Date.now() - 60_000).toISOString(),
      place: 1,
      of: 1,
      cell: 'kafka/100B',
      stage: drawingStage,
      sent: 0,
      received: 0,
      ended: [],
    };
    for (const stage of ['measure', drawingStage]) {
      const draft = join(root, `.${stage.replace(' ', '-')}.0123456789ab.tmp`);
      await mkdir(draft);
      await writeFile(join(draft, 'progress.json'), JSON.stringify({ ...progress, id: stage, stage }));
    }
    const silent = (await (await openFolder(root)).live()).map(({ id, silentSeconds }) => [id, silentSeconds]);
    expect(silent).toEqual([
      [drawingStage, 0],
      ['measure', expect.closeTo(60, -1)],
    ]);
  });
});

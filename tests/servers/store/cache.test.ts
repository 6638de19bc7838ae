import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { BrokerError, InterruptedError } from '../../../src/errors.js';
import { cachePath, exclusively, openCache, plainAlias } from '../../../src/servers/local/store/cache.js';
import { filesBelow, plainFolder, recordingContext, rejection, temporaryFolder } from './helpers.js';

describe('openCache', () => {
  test('makes MQBENCH_CACHE for this user alone', async () => {
    const path = join(await temporaryFolder(), 'deep', 'er');
    vi.stubEnv('MQBENCH_CACHE', path);
    expect(await openCache()).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  test('takes the platform folder when nothing is named', () => {
    vi.stubEnv('MQBENCH_CACHE', '');
    expect(cachePath()).toMatch(/mqbench/);
  });

  test('follows a link to a folder of ours', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'real'), { mode: 0o700 });
    await symlink(join(folder, 'real'), join(folder, 'link'));
    vi.stubEnv('MQBENCH_CACHE', join(folder, 'link'));
    expect(await openCache()).toBe(join(folder, 'real'));
  });

  test('refuses a folder that others may write to', async () => {
    const path = join(await temporaryFolder(), 'open');
    await mkdir(path);
    await chmod(path, 0o777);
    vi.stubEnv('MQBENCH_CACHE', path);
    const error = (await rejection(openCache())) as BrokerError;
    expect(error).toMatchObject({ kind: 'unavailable', exitCode: 6 });
    expect(error.details.where).toBe(path);
    expect(error.details.hint).toContain(`chmod go-w '${path}'`);
  });

  test("refuses another user's folder", async () => {
    let path = '/';
    if (process.getuid?.() === 0) {
      path = join(await temporaryFolder(), 'theirs');
      await mkdir(path);
      await chown(path, 12345, 12345);
    }
    vi.stubEnv('MQBENCH_CACHE', path);
    const error = (await rejection(openCache())) as BrokerError;
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toMatch(/belongs to user/);
  });

  test('refuses a file in its place', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, '');
    vi.stubEnv('MQBENCH_CACHE', path);
    expect(await rejection(openCache())).toMatchObject({ kind: 'unavailable', details: { where: path } });
    vi.stubEnv('MQBENCH_CACHE', join(path, 'below'));
    expect(await rejection(openCache())).toMatchObject({ kind: 'unavailable' });
  });
});

describe('exclusively', () => {
  test('lets one work at a time, tells the second that it waits, and removes the scratch folder', async () => {
    const cache = await temporaryFolder();
    const order: string[] = [];
    const first = recordingContext();
    const second = recordingContext();
    let letGo = (): void => undefined;
    const holding = exclusively(cache, 'x', 'Thing', first, async ({ scratch }) => {
      await writeFile(join(scratch, 'half'), '');
      order.push('first begins');
      await new Promise<void>((resolve) => (letGo = resolve));
      order.push('first ends');
    });
    await vi.waitFor(() => expect(order).toHaveLength(1));
    const waiting = exclusively(cache, 'x', 'Thing', second, async ({ scratch }) => {
      order.push(`second sees ${(await readdir(scratch)).length} files`);
    });
    await vi.waitFor(() => expect(second.steps).toHaveLength(1));
    expect(second.steps[0]?.what).toMatch(/Waiting for another mqbench.*Thing/);
    letGo();
    await Promise.all([holding, waiting]);
    expect(order).toEqual(['first begins', 'first ends', 'second sees 0 files']);
    expect(second.steps[0]?.done).toBe(true);
    expect(await readdir(join(cache, 'work'))).toEqual([]);
  });

  test('a run in another process that is killed is neither waited for without end nor trusted', async () => {
    const cache = await temporaryFolder();
    const module = pathToFileURL(join(process.cwd(), 'dist/servers/local/store/cache.js')).href;
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { exclusively } from ${JSON.stringify(module)};
         import { writeFileSync } from 'node:fs';
         const context = { signal: new AbortController().signal, progress: { step: () => ({ update() {}, done() {} }) } };
         await exclusively(process.argv[1], 'x', 'Thing', context, async ({ scratch }) => {
           writeFileSync(scratch + '/half', 'written');
           process.stdout.write('holding');
           await new Promise((resolve) => setTimeout(resolve, 600_000));
         });`,
        cache,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    expect(await readFile(join(cache, 'work', 'x', 'half'), 'utf8')).toBe('written');
    const context = recordingContext();
    let sawFiles: string[] | undefined;
    const waiting = exclusively(cache, 'x', 'Thing', context, async ({ scratch }) => {
      sawFiles = await readdir(scratch);
    });
    await vi.waitFor(() => expect(context.steps).toHaveLength(1));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await waiting;
    expect(sawFiles).toEqual([]);
  });

  test('a waiting run ends at once when aborted', async () => {
    const cache = await temporaryFolder();
    const holder = recordingContext();
    let letGo = (): void => undefined;
    const holding = exclusively(cache, 'x', 'Thing', holder, () => new Promise<void>((resolve) => (letGo = resolve)));
    const context = recordingContext();
    const ended = rejection(exclusively(cache, 'x', 'Thing', context, () => Promise.reject(new Error('must not run'))));
    await vi.waitFor(() => expect(context.steps).toHaveLength(1));
    context.abort();
    expect(await ended).toBeInstanceOf(InterruptedError);
    letGo();
    await holding;
  });

  test('a failure leaves nothing, and the next run may work', async () => {
    const cache = await temporaryFolder();
    const context = recordingContext();
    const failing = exclusively(cache, 'x', 'Thing', context, async ({ scratch }) => {
      await writeFile(join(scratch, 'half'), '');
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(await filesBelow(cache)).toEqual([]);
    expect(await exclusively(cache, 'x', 'Thing', context, async () => 'works')).toBe('works');
  });

  test.each([
    ['ENOSPC', /disk .* is full/],
    ['EROFS', /read-only/],
    ['EACCES', /cannot be written/],
    ['ENOENT', /cannot be made/],
  ])('turns %s into an error to act on', async (code, message) => {
    const cache = await temporaryFolder();
    const fault = Object.assign(new Error('raw'), { code, path: join(cache, 'a') });
    const error = (await rejection(
      exclusively(cache, 'x', 'Thing', recordingContext(), () => Promise.reject(fault)),
    )) as BrokerError;
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ kind: 'unavailable', details: { where: join(cache, 'a') } });
    expect(error.message).toMatch(message);
    expect(error.details.hint).toContain('MQBENCH_CACHE');
  });
});

describe('plainAlias', () => {
  test('leaves a plain path alone', async () => {
    const folder = await plainFolder();
    expect(await plainAlias(folder)).toBe(folder);
  });

  test('leads to the same folder by a path that no script can misread, the same each time', async () => {
    // Links into a temporary folder of this test.
    vi.stubEnv('TMPDIR', await plainFolder());
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'here'), 'yes');
    const alias = await plainAlias(folder);
    expect(alias).toMatch(/^[\w/.-]+$/);
    expect(await readFile(join(alias, 'here'), 'utf8')).toBe('yes');
    expect(await plainAlias(folder)).toBe(alias);
    expect(await plainAlias(await temporaryFolder())).not.toBe(alias);
  });

  test('does not use links that another user could have laid', async () => {
    const temporary = await plainFolder();
    vi.stubEnv('TMPDIR', temporary);
    const folder = await temporaryFolder();
    const links = join(temporary, `mqbench-links-${process.getuid?.()}`);
    await mkdir(links);
    await chmod(links, 0o777);
    expect(await rejection(plainAlias(folder))).toMatchObject({ kind: 'unavailable' });
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readlink, stat, symlink, writeFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { BrokerError, InterruptedError } from '../../../src/errors.js';
import { hasApt, openApt, unpack, type Apt } from '../../../src/servers/local/store/apt.js';
import { ensurePackageTree } from '../../../src/servers/local/store/package-tree.js';
import { recordingContext, rejection, temporaryFolder } from './helpers.js';

const { signal } = recordingContext();
const withApt = describe.runIf(await hasApt(signal));

/** A repository in a folder, unsigned, with a program, a library it needs and something it only recommends. */
async function repository(): Promise<string> {
  const folder = await temporaryFolder();
  const repo = join(folder, 'repo');
  await mkdir(repo);
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  let list = '';
  for (const [name, fields] of [
    ['mqb-tool', 'Depends: libmqb (>= 1)\nRecommends: mqb-extra\n'],
    ['libmqb', ''],
    ['mqb-extra', ''],
  ] as const) {
    const tree = join(folder, name);
    await mkdir(join(tree, 'DEBIAN'), { recursive: true });
    await mkdir(join(tree, 'etc', name), { recursive: true });
    await mkdir(join(tree, 'usr', 'lib', name), { recursive: true });
    await writeFile(join(tree, 'etc', name, 'conf'), `of ${name}`);
    await symlink(`/etc/${name}/conf`, join(tree, 'usr', 'lib', name, 'conf'));
    await symlink('/nowhere/else', join(tree, 'usr', 'lib', name, 'outside'));
    const control = `Package: ${name}\nVersion: 1:1.0-1\nArchitecture: ${architecture}\nMaintainer: mqbench <mqbench@example.org>\n${fields}Description: test\n`;
    await writeFile(join(tree, 'DEBIAN', 'control'), control);
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, join(repo, `${name}.deb`)], { stdio: 'ignore' });
    const deb = await readFile(join(repo, `${name}.deb`));
    const sha256 = createHash('sha256').update(deb).digest('hex');
    list += `${control}Filename: ./${name}.deb\nSize: ${deb.length}\nSHA256: ${sha256}\n\n`;
  }
  await writeFile(join(repo, 'Packages'), list);
  return repo;
}

/** Makes these lines all the apt sources that there are, through apt's own variable. */
async function useSources(...sources: string[]): Promise<void> {
  const folder = await temporaryFolder();
  const list = join(folder, 'sources.list');
  await writeFile(list, `${sources.join('\n')}\n`);
  const configuration = join(folder, 'apt.conf');
  await writeFile(configuration, `Dir::Etc::sourcelist "${list}";\nDir::Etc::sourceparts "${folder}/none";\n`);
  vi.stubEnv('APT_CONFIG', configuration);
}

// A file: address of sources.list knows no quoting.
const source = (repo: string, options: string) => `deb ${options} file:${encodeURI(repo)} ./`;
const broken = 'deb http://mqbench.invalid/debian stable main';

async function opened(): Promise<Apt> {
  return openApt(await temporaryFolder(), signal);
}

withApt('apt', () => {
  test('brings a package and what it needs, although another source is broken', async () => {
    await useSources(source(await repository(), '[trusted=yes]'), broken);
    const apt = await opened();
    expect(await apt.search('^mqb-[a-z]+$')).toEqual(expect.arrayContaining(['mqb-tool', 'mqb-extra']));
    const names = await apt.closure(['mqb-tool']);
    expect(names.sort()).toEqual(['libmqb', 'mqb-tool']);
    const packages = await apt.candidates(names);
    expect(packages[1]).toMatchObject({ name: 'mqb-tool', version: '1:1.0-1', depends: 'libmqb (>= 1)' });
    let bytes = 0;
    const debs = await apt.download(packages, (done) => (bytes = done));
    expect(bytes).toBe(packages.reduce((sum, { size }) => sum + size, 0));
    const root = join(await temporaryFolder(), 'root');
    await mkdir(root);
    for (const deb of debs) await unpack(deb, root, signal);
    expect(await readFile(join(root, 'etc', 'libmqb', 'conf'), 'utf8')).toBe('of libmqb');
  });

  test('does not even see packages of an unsigned source', async () => {
    await useSources(source(await repository(), ''));
    const apt = await opened();
    const error = await rejection(apt.candidates(['mqb-tool']));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect((error as BrokerError).message).toContain('mqb-tool');
  });

  test('refuses an unauthenticated package where the machine lets unsigned lists pass', async () => {
    await useSources(source(await repository(), '[allow-insecure=yes]'));
    const apt = await opened();
    const error = await rejection(apt.download(await apt.candidates(['mqb-tool']), () => undefined));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect((error as BrokerError).message).toContain('could not be authenticated');
  });

  test('refuses a package that is not what the list says', async () => {
    const repo = await repository();
    await useSources(source(repo, '[trusted=yes]'));
    const apt = await opened();
    const packages = await apt.candidates(['mqb-tool']);
    await writeFile(join(repo, 'mqb-tool.deb'), Buffer.alloc(packages[0]!.size));
    expect(await rejection(apt.download(packages, () => undefined))).toMatchObject({ kind: 'unavailable' });
  });

  test('says without a password why nothing can be had', async () => {
    await useSources('deb http://someone:hunter2@mqbench.invalid/debian stable main');
    const apt = await opened();
    const error = (await rejection(apt.candidates(['mqb-tool']))) as BrokerError;
    expect(error.message).toMatch(/mqbench\.invalid/);
    expect(error.message).not.toContain('hunter2');
  });
});

withApt('ensurePackageTree', () => {
  test('unpacks once, keeps links inside, and finds it again', async () => {
    await useSources(source(await repository(), '[trusted=yes]'));
    const cache = await temporaryFolder();
    let chosen = 0;
    const recipe = {
      name: 'tool',
      title: 'Tool',
      choose: async (apt: Apt) => {
        chosen++;
        return apt.candidates(['mqb-tool']);
      },
      finish: async () => undefined,
    };
    // At once: the second waits for the first and then has nothing to do.
    const [tree, again] = await Promise.all([
      ensurePackageTree(cache, recipe, recordingContext()),
      ensurePackageTree(cache, recipe, recordingContext()),
    ]);
    const third = await ensurePackageTree(cache, recipe, recordingContext());
    expect(chosen).toBe(1);
    expect(again).toEqual(third);
    expect(tree?.root).toBe(third?.root);
    expect(third?.packages[0]).toMatchObject({ name: 'mqb-tool', version: '1:1.0-1' });
    const link = join(tree!.root, 'usr', 'lib', 'mqb-tool', 'conf');
    expect(await readFile(link, 'utf8')).toBe('of mqb-tool');
    expect(await readlink(link)).toBe('../../../etc/mqb-tool/conf');
    expect((await stat(join(cache, 'packages'))).mode & 0o777).toBe(0o700);
  });

  test('keeps nothing of software that does not run, and nothing when interrupted', async () => {
    await useSources(source(await repository(), '[trusted=yes]'));
    const cache = await temporaryFolder();
    const context = recordingContext();
    const recipe = { name: 'tool', title: 'Tool', choose: (apt: Apt) => apt.candidates(['mqb-tool']) };
    const useless = ensurePackageTree(
      cache,
      { ...recipe, finish: () => Promise.reject(new BrokerError('It does not run.', 'unavailable')) },
      context,
    );
    await expect(useless).rejects.toThrow('It does not run.');
    const interrupted = ensurePackageTree(
      cache,
      {
        ...recipe,
        finish: async () => {
          context.abort();
          throw new Error('whatever an abort leads to');
        },
      },
      context,
    );
    expect(await rejection(interrupted)).toBeInstanceOf(InterruptedError);
    const unnoticed = recordingContext();
    const finish = async () => unnoticed.abort();
    expect(await rejection(ensurePackageTree(cache, { ...recipe, finish }, unnoticed))).toBeInstanceOf(
      InterruptedError,
    );
    await expect(stat(join(cache, 'packages'))).rejects.toThrow('ENOENT');
  });

  test('whose lock was taken over has no hand in the tree of its successor', async () => {
    await useSources(source(await repository(), '[trusted=yes]'));
    const cache = await temporaryFolder();
    const recipe = { name: 'tool', title: 'Tool', choose: (apt: Apt) => apt.candidates(['mqb-tool']) };
    const roots: string[] = [];
    const first = ensurePackageTree(
      cache,
      {
        ...recipe,
        finish: async ({ root }) => {
          roots.push(root);
          // As after a stop of an hour.
          await utimes(join(cache, 'work', 'packages-tool.lock'), 0, 0);
          const finish = async (tree: { root: string }) => void roots.push(tree.root);
          await ensurePackageTree(cache, { ...recipe, finish }, recordingContext());
        },
      },
      recordingContext(),
    );
    expect(await rejection(first)).toBeInstanceOf(BrokerError);
    expect(new Set(roots).size).toBe(2);
    const tree = await ensurePackageTree(
      cache,
      { ...recipe, finish: () => Promise.reject(new Error('it is there')) },
      recordingContext(),
    );
    expect(await readFile(join(tree!.root, 'usr', 'lib', 'mqb-tool', 'conf'), 'utf8')).toBe('of mqb-tool');
  });
});

test('a machine without apt is told apart', async () => {
  const empty = await temporaryFolder();
  await chmod(empty, 0o755);
  vi.stubEnv('PATH', empty);
  expect(await hasApt(signal)).toBe(false);
});

/** The command in surroundings that nobody planned for: no disk, no folder, no output, no home. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResult } from '../../src/results/store.js';
import { packageRoot } from '../../src/root.js';
import { addressOf } from '../fixtures/address-of.js';
import { faultyAdapter } from '../fixtures/faulty-adapter.js';
import { memoryServer } from '../fixtures/memory-server.js';
import { makeResult } from '../report/fixtures.js';
import { goneWith } from './processes.js';

const cli = join(packageRoot, 'dist', 'cli.js');
const memory = memoryServer();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqbench & | : é '));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a line of bash in which `mqbench` is the command; `bash` is what starts the shell. */
function shell(line: string, env: NodeJS.ProcessEnv = {}, bash: readonly string[] = ['bash']) {
  const [program = 'bash', ...args] = [...bash, '-c', `mqbench() { "$NODE" "$CLI" "$@"; }; ${line}`];
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE: process.execPath, CLI: cli, ...env },
    timeout: 180_000,
  });
  expect(stderr).not.toMatch(/bug in mqbench|^ +at /m);
  return { code: status, out: stdout, err: stderr };
}

const short = '--target memory --messages 100 --size 100B --repetitions 1 --warmup 0s';
/** A file system of one's own needs a user namespace, which some machines forbid. */
const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;
const mounted = (options: string, line: string, env: NodeJS.ProcessEnv = {}) =>
  shell(`mount -t tmpfs -o ${options} tmpfs "$DISK" && { ${line}; }`, { ...env, DISK: join(folder, 'disk') }, [
    'unshare',
    '-rm',
    'bash',
  ]);

describe('output', () => {
  it('to a full disk is told, exit 6', () => {
    const { code, err } = shell('mqbench list > /dev/full');
    expect(code).toBe(6);
    expect(err).toMatch(/no space left[^\n]*\n {2}hint: Free some space/);
  });

  it.each([
    ['mqbench rnu 2> /dev/full', 2],
    ['mqbench list >&-', 0],
    ['mqbench list <&- > /dev/null', 0],
    ['mqbench list --json | head -1 > /dev/null; exit ${PIPESTATUS[0]}', 0],
    ['env -u HOME "$NODE" "$CLI" list > /dev/null', 0],
    ['env -i "$NODE" "$CLI" run --dry-run > /dev/null', 0],
    ['LC_ALL=C COLUMNS=20 NO_COLOR=1 mqbench list > /dev/null', 0],
  ])('%s ends with %i', (line, expected) => {
    expect(shell(line).code).toBe(expected);
  });
});

describe('a folder', () => {
  it('that is gone is told, exit 6', () => {
    const { code, err } = shell('mkdir gone && cd gone && rmdir ../gone && mqbench list');
    expect(code).toBe(6);
    expect(err).toMatch(/working folder is gone/);
  });

  it('for temporary files that is not there is told, exit 6, and no result folder is left', () => {
    const { code, err } = shell(`mqbench run ${short} --out ./none`, { TMPDIR: join(folder, 'nowhere') });
    expect(code).toBe(6);
    expect(err).toMatch(/hint: Set TMPDIR to a folder that is there/);
    expect(readdirSync(folder).filter((name) => name.includes('.tmp') || name === 'none')).toEqual([]);
  });
});

describe('a disk', () => {
  it('that takes no more ends the run before anything is measured, exit 6, nothing left', () => {
    const { code, out, err } = shell(`ulimit -f 1; mqbench run ${short} --out ./limited`);
    expect(code).toBe(6);
    expect(out).toBe('');
    expect(err).toMatch(/The result cannot be written: .*\n {2}where: .*limited\n {2}hint: /);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.runIf(canMount)('that has room for the result alone keeps it, and its tables are printed', () => {
    mkdirSync(join(folder, 'disk'));
    const line = `mqbench run ${short} --out "$DISK/x"; code=$?; ls "$DISK/x"; ls -A "$DISK"; exit $code`;
    const { code, out, err } = mounted('size=100k', line);
    expect(err).toMatch(/The report cannot be written: ENOSPC/);
    expect(code).toBe(6);
    expect(out).toMatch(/Throughput[^]*No plots; the result is in /);
    expect(out).toContain('result.json');
    expect(out).not.toContain('.tmp');
    rmSync(join(folder, 'disk'), { recursive: true });
  });

  it.each(['no room for the report', 'a broker that is not there in the scenario before'])(
    'with %s makes no broken promise another code',
    (what) => {
      const write = (name: string, target: string): void => {
        const work = 'sizes: [100B]\nmessages: 1000\nconsumers: 1\nrepetitions: 1\nwarmup: 0s\ndrain: 1s\n';
        writeFileSync(join(folder, `${name}.yaml`), `name: ${name}\ntargets: [{name: ${name}, ${target}}]\n${work}`);
      };
      write('lossy', `adapter: "${fileURLToPath(faultyAdapter('drop', 10))}"`);
      write('gone', 'base: memory, url: "memory://127.0.0.1:1"');
      const noRoom = what === 'no room for the report';
      const { code, out, err } = shell(
        noRoom ? 'ulimit -f 300; mqbench run lossy.yaml' : 'mqbench run gone.yaml lossy.yaml',
        { MQBENCH_LOSSY_URL: addressOf(memory().endpoint) },
      );
      expect(code, err).toBe(3);
      expect(out).toMatch(/1 confirmed message never arrived/);
      expect(err).toMatch(noRoom ? /warning: The report cannot be written: EFBIG/ : /127\.0\.0\.1:1/);
    },
  );

  it('that has no room for plots makes no failed gate another', () => {
    const lossy = fileURLToPath(faultyAdapter('drop', 10));
    const args = `--scenario small.yaml --base same --candidate adapter="$LOSSY" --json --out ./gate`;
    writeFileSync(
      join(folder, 'small.yaml'),
      'name: small\ntargets: [memory]\nconsumers: 1\nsizes: [100B]\nmessages: 1000\nwarmup: 0s\ndrain: 1s\n',
    );
    // A report has more than a megabyte, a run of this kind some kilobytes.
    const { code, out, err } = shell(`ulimit -f 300; mqbench check ${args}`, { LOSSY: lossy });
    expect(code, err).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ gate: 'fail', exitCode: 3 });
    expect(err).toMatch(/warning: The report cannot be written: EFBIG/);
    expect(readdirSync(join(folder, 'gate'))).toEqual(
      expect.arrayContaining(['a', 'ab.json', 'b', 'junit.xml', 'summary.md']),
    );
  });

  it('that fills up in the middle of a run keeps the runs before it, and leaves no half of a file', async ({
    skip,
  }) => {
    skip(!canMount, 'no file system of its own can be mounted here');
    mkdirSync(join(folder, 'disk'));
    mkdirSync(join(folder, 'copy'));
    const mark = randomUUID();
    // The second run is under way when the last byte goes; what is left can be seen in there alone, so it is copied.
    const { code, out, err } = mounted(
      'size=1m',
      `mqbench run --target memory --size 100B --duration 1s --repetitions 8 --warmup 0s --out "$DISK/x" &
      until grep -q '"verdict"' "$DISK"/.*.tmp/result.json; do kill -0 $! || break; sleep 0.05; done 2> /dev/null
      head -c 2M /dev/zero > "$DISK/filler" 2> /dev/null
      wait $!; code=$?; rm "$DISK/filler"; cp -r "$DISK/." copy; exit $code`,
      { MQBENCH_TEST_MARK: mark },
    );
    expect(err).toMatch(/The result cannot be written: ENOSPC.*\n {2}where: .*disk\/x\n {2}hint: .*--out/);
    expect(code).toBe(6);
    expect(out).toMatch(/Partial result: [^]*Throughput[^]*No plots; the result is in /);
    const left = readdirSync(join(folder, 'copy'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => !name.startsWith('x/logs/')).sort()).toEqual([
      'x',
      'x/logs',
      'x/result.json',
      'x/samples.csv',
    ]);
    const result = await readResult(join(folder, 'copy', 'x'));
    expect([result.partial, result.runs.length]).toEqual([true, expect.any(Number)]);
    expect(result.runs.length).toBeGreaterThan(0);
    expect(result.runs.map((record) => record.complete)).not.toContain(false);
    expect(await goneWith(mark, 10_000)).toEqual([]);
    rmSync(join(folder, 'disk'), { recursive: true });
  });

  it.runIf(canMount)('that is read-only is called so', () => {
    mkdirSync(join(folder, 'disk'));
    const { code, err } = mounted('ro', `mqbench run ${short} --out "$DISK/x"`);
    expect(code).toBe(6);
    expect(err).toMatch(/EROFS|read-only/);
    rmSync(join(folder, 'disk'), { recursive: true });
  });
});

describe('few open files', () => {
  // Where Node can be loaded, and mqbench cannot or only in part.
  it.each([40, 60, 80])('%i of them are told before anything is measured, exit 6, nothing left', (limit) => {
    const { code, out, err } = shell(`ulimit -n ${limit}; mqbench run ${short} --out ./few`);
    expect(err).toMatch(/EMFILE|could not be loaded/);
    expect(err).toMatch(/hint: .*ulimit -n 1024/);
    expect([code, out]).toEqual([6, '']);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp') || name === 'few')).toEqual([]);
  });

  it('in the middle of a run cost nothing that was measured before', async () => {
    const mark = randomUUID();
    // As if others had used them up: what is open stays so, and not one more can be.
    const { code, out, err } = shell(
      `mkdir files; "$NODE" "$CLI" run --target memory --size 100B --duration 1s --repetitions 8 --warmup 0s --out files/x &
      until grep -q '"verdict"' files/.*.tmp/result.json; do kill -0 $! || break; sleep 0.05; done 2> /dev/null
      prlimit --pid $! --nofile=$(($(ls /proc/$!/fd | wc -l) - 3)); wait $!`,
      { MQBENCH_TEST_MARK: mark },
    );
    expect(err).toMatch(/too many open files|EMFILE/);
    expect(err).toMatch(/hint: .*ulimit -n 1024/);
    expect(code).toBe(6);
    expect(out).toMatch(/Partial result: [^]*Throughput[^]*No plots; the result is in /);
    expect(readdirSync(join(folder, 'files'))).toEqual(['x']);
    expect(readdirSync(join(folder, 'files', 'x')).sort()).toEqual(['logs', 'result.json', 'samples.csv']);
    const result = await readResult(join(folder, 'files', 'x'));
    expect(result.partial).toBe(true);
    expect(result.runs.length).toBeGreaterThan(0);
    expect(await goneWith(mark, 10_000)).toEqual([]);
  });
});

describe('what only looks like a file', () => {
  it.each([
    ['report', 'result.json', 'mkfifo result.json && mqbench report .', /not a regular file/],
    ['report', 'a device', 'ln -s /dev/zero result.json && mqbench report .', /not a regular file/],
    ['validate', 'a pipe', 'mkfifo x.yaml && mqbench validate x.yaml', /not a regular file/],
    ['validate', 'a huge file', 'truncate -s 100M x.yaml && mqbench validate x.yaml', /too large/],
    ['validate', 'a binary', 'head -c 50000 "$NODE" > x.yaml && mqbench validate x.yaml', /not text/],
  ])('does not keep %s waiting: %s', (_, name, line, says) => {
    const at = join(folder, name.replaceAll(' ', ''));
    rmSync(at, { recursive: true, force: true });
    const { code, err } = shell(`mkdir "$AT" && cd "$AT" && ${line}`, { AT: at });
    expect(code).toBe(2);
    expect(err).toMatch(says);
  });

  it('is refused when nested without end', () => {
    const at = join(folder, 'deep');
    mkdirSync(at);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const [first, ...rest] = makeResult({ sizes: [100], repetitions: 1 }).targets;
    const result = {
      ...makeResult({ sizes: [100], repetitions: 1 }),
      targets: [{ ...first, options: { x: 1 } }, ...rest],
    };
    writeFileSync(join(at, 'result.json'), JSON.stringify(result).replace('{"x":1}', `{"x":${deep}}`));
    const { code, err } = shell('mqbench report deep');
    expect(code).toBe(2);
    expect(err).toMatch(/nested too deeply/);
    expect(existsSync(join(at, 'report.html'))).toBe(false);
  });
});

it('a plan beyond all measure is refused', () => {
  const sizes = Array.from({ length: 50 }, (_, n) => `${100 + n}B`).join(',');
  const { code, err } = shell(`mqbench run --dry-run --repetitions 1000 --size ${sizes}`);
  expect(code).toBe(2);
  expect(err).toMatch(/150,000 runs; at most 10,000/);
});

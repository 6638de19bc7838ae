/**
 * The scripts of action.yml, as the runner's bash runs them. What stands in for mqbench says which arguments it was
 * given and ends as asked (the gate itself is tested in tests/cli/gate.test.ts), and `gh` is a script, as GitHub cannot
 * be had here.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const action = z
  .object({
    inputs: z.record(z.string(), z.object({ default: z.string() })),
    runs: z.object({
      steps: z.array(
        z.object({
          name: z.string(),
          run: z.string().optional(),
          if: z.string().optional(),
          env: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  })
  .parse(parse(readFileSync('action.yml', 'utf8')));

function step(name: string): { readonly script: string; readonly env: Readonly<Record<string, string>> } {
  const found = action.runs.steps.find((one) => one.name === name);
  if (found?.run === undefined) throw new Error(`action.yml has no step "${name}" with a script`);
  return { script: found.run, env: found.env ?? {} };
}

let home: string;
let folder: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'mqbench-action-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(home, 'case-'));
  mkdirSync(join(folder, 'bin'));
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a composite action's `shell: bash` does. */
function bash(script: string, env: Record<string, string>): Ended {
  const file = join(folder, 'step.sh');
  writeFileSync(file, script);
  const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', file], {
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`, ...env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the step that checks', () => {
  interface Inputs {
    readonly code: number;
    readonly env?: Record<string, string>;
  }

  function check({ code, env = {} }: Inputs): Ended & { readonly outputs: string; readonly given: string[] } {
    const mqbench = join(folder, 'cli.cjs');
    const given = join(folder, 'given.json');
    writeFileSync(
      mqbench,
      `require('fs').writeFileSync(${JSON.stringify(given)}, JSON.stringify(process.argv.slice(2))); process.exit(${code});`,
    );
    const outputs = join(folder, 'outputs');
    writeFileSync(outputs, '');
    const { script, env: declared } = step('Check');
    const all: Record<string, string> = {
      BASE: '',
      SCENARIO: action.inputs['scenario']!.default,
      TARGET: '',
      WITH: '',
      ARGUMENTS: '',
      UNDECIDED: action.inputs['undecided']!.default,
      MQBENCH: mqbench,
      FOLDER: join(folder, 'result'),
      ...env,
    };
    // Whatever the script reads has to be handed to it by action.yml.
    expect(Object.keys(declared).sort()).toEqual(Object.keys(all).sort());
    const ended = bash(script, { ...all, GITHUB_OUTPUT: outputs });
    return {
      ...ended,
      outputs: readFileSync(outputs, 'utf8'),
      given: z.array(z.string()).parse(JSON.parse(readFileSync(given, 'utf8'))),
    };
  }

  it.each([
    { code: 0, gate: 'pass', status: 0 },
    { code: 3, gate: 'fail', status: 3 },
    { code: 4, gate: 'undecided', status: 0 },
    { code: 5, gate: 'error', status: 5 },
    { code: 6, gate: 'broken', status: 6 },
    { code: 2, gate: 'error', status: 2 },
    { code: 1, gate: 'error', status: 1 },
  ])('tells that exit code $code is "$gate"', ({ code, gate, status }) => {
    const ended = check({ code });
    expect(ended.status, ended.stderr).toBe(status);
    expect(ended.outputs).toBe(`folder=${join(folder, 'result')}\ngate=${gate}\n`);
    // A green step that decided nothing says so, whatever ran in it; one that is red says so by its colour.
    expect(ended.stdout).toMatch(code === 4 ? /^::warning title=mqbench::Nothing was decided/ : /^$/);
  });

  it('fails on an undecided gate where that is asked for', () => {
    expect(check({ code: 4, env: { UNDECIDED: 'fail' } }).status).toBe(4);
  });

  it('hands on what it was given word for word, and runs none of it', () => {
    const evil = `$(touch ${join(folder, 'owned')})\`touch ${join(folder, 'owned')}\`; touch ${join(folder, 'owned')}`;
    const { given, stderr } = check({
      code: 0,
      env: {
        BASE: `ref=${evil}`,
        TARGET: 'rabbitmq',
        WITH: 'client=.\n\nadapter=./my adapter.js',
        ARGUMENTS: '--margin\nthroughput=15%\n',
      },
    });
    expect(stderr).toBe('');
    expect(given).toEqual([
      'check',
      ...['--scenario', 'gate', '--out', join(folder, 'result')],
      ...['--base', `ref=${evil}`, '--target', 'rabbitmq'],
      ...['--with', 'client=.', '--with', 'adapter=./my adapter.js', '--margin', 'throughput=15%'],
    ]);
    expect(() => readFileSync(join(folder, 'owned'))).toThrow();
  });

  it('gives a self-test no base, though a pull request has one', () => {
    const { given } = check({ code: 0, env: { BASE: 'abc', ARGUMENTS: '--server=local\n--self-test' } });
    expect(given).not.toContain('--base');
    expect(given.at(-1)).toBe('--self-test');
  });
});

describe('the step that comments', () => {
  const result = (): string => join(folder, 'result');
  const body = (): string => readFileSync(join(folder, 'body'), 'utf8');

  interface Said extends Ended {
    readonly calls: string;
  }
  /**
   * @param summary what the gate wrote, if it did
   * @param known what the pull request's comments hold, as `gh api --jq` answers
   */
  function comment(
    summary: string | undefined,
    {
      known = '',
      fails = 'nothing',
      env = {},
    }: { readonly known?: string; readonly fails?: 'nothing' | 'list' | 'write'; readonly env?: object } = {},
  ): Said {
    mkdirSync(result(), { recursive: true });
    if (summary !== undefined) writeFileSync(join(result(), 'summary.md'), summary);
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    const gh = join(folder, 'bin', 'gh');
    const ends = (what: typeof fails): string => (fails === what ? 'exit 1' : 'exit 0');
    writeFileSync(
      gh,
      `#!/bin/sh
echo "$*" >>${calls}
case "$*" in *--paginate*) printf '%s' '${known}'; ${ends('list')};; esac
for word; do case $word in body=@*) cp "\${word#body=@}" ${join(folder, 'body')};; esac; done
${ends('write')}
`,
    );
    chmodSync(gh, 0o755);
    const { script, env: declared } = step('Comment');
    const all = { GH_TOKEN: 'token', FOLDER: result(), GATE: 'pass', ARTIFACT: 'mqbench', PULL: '7', ...env };
    expect(Object.keys(declared).sort()).toEqual(Object.keys(all).sort());
    const ended = bash(script, { ...all, GITHUB_REPOSITORY: 'someone/something' });
    return { ...ended, calls: readFileSync(calls, 'utf8') };
  }
  const warns = /^::warning title=mqbench::The comment could not be written/m;

  it('writes one comment, and the next time changes that one', () => {
    const first = comment('## Gate\npass');
    expect(first.status, first.stderr).toBe(0);
    expect(first.calls).toContain('--method POST repos/someone/something/issues/7/comments');
    expect(body()).toBe('<!-- mqbench check mqbench -->\n## Gate\npass');
    const second = comment('## Gate\nfail', { known: '41\n42\n' });
    expect(second.calls).toContain('--method PATCH repos/someone/something/issues/comments/41 ');
    expect(second.calls).not.toContain('POST');
    expect(body()).toContain('fail');
  });

  it('keeps within what a comment holds, and never fails the build by itself', () => {
    const ended = comment('x'.repeat(200_000), { fails: 'write' });
    expect(body().length).toBeLessThan(65_536);
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(warns);
  });

  it('writes none where it cannot know whether there is one', () => {
    const ended = comment('## Gate\npass', { fails: 'list' });
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.calls).not.toMatch(/--method/);
    expect(ended.stdout).toMatch(warns);
  });

  it.each([
    ['ended without a summary', { GATE: 'broken' }, 'broken'],
    ['never began', { GATE: '', FOLDER: '' }, 'error'],
  ])('takes the place of an earlier word when the gate %s', (_, env, word) => {
    const ended = comment(undefined, { known: '41\n', env });
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.calls).toContain('--method PATCH repos/someone/something/issues/comments/41 ');
    expect(body()).toMatch(new RegExp(`^<!-- .*\n# mqbench: Gate: ${word}\n\n.*log`));
  });

  it('tells the comments of two gates apart, and runs nothing of their names', () => {
    const evil = '") or true or ("$(touch owned)';
    const ended = comment('## Gate', { env: { ARTIFACT: evil } });
    expect(ended.status, ended.stderr).toBe(0);
    expect(body()).toMatch(/^<!-- mqbench check [-a-z]+ -->\n/);
    expect(ended.calls).toContain(body().split('\n')[0]);
    expect(existsSync(join(folder, 'owned'))).toBe(false);
  });

  it('runs however the gate ended', () => {
    const { if: when } = action.runs.steps.find(({ name }) => name === 'Comment')!;
    expect(when).toBe("${{ always() && inputs.comment == 'true' && github.event_name == 'pull_request' }}");
  });
});

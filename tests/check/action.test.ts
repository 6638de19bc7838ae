/**
 * The scripts of action.yml, as the runner's bash runs them. What stands in for mqbench says which arguments it was
 * given and ends as asked (the gate itself is tested in tests/cli/gate.test.ts), and `gh` is a script, as GitHub cannot
 * be had here.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    expect(ended.outputs).toBe(`gate=${gate}\nfolder=${join(folder, 'result')}\n`);
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
});

describe('the step that comments', () => {
  /** @param known what the pull request's comments hold, as `gh api --jq` answers */
  function comment(summary: string | undefined, known: string, ghFails = false): Ended & { readonly calls: string } {
    const result = join(folder, 'result');
    mkdirSync(result);
    if (summary !== undefined) writeFileSync(join(result, 'summary.md'), summary);
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    const gh = join(folder, 'bin', 'gh');
    writeFileSync(
      gh,
      `#!/bin/sh\necho "$*" >>${calls}\ncase "$*" in *--paginate*) printf '%s' '${known}';; *) exit ${ghFails ? 1 : 0};; esac\n`,
    );
    chmodSync(gh, 0o755);
    const ended = bash(step('Comment').script, {
      GH_TOKEN: 'token',
      FOLDER: result,
      PULL: '7',
      GITHUB_REPOSITORY: 'someone/something',
    });
    return { ...ended, calls: readFileSync(calls, 'utf8') };
  }

  it('writes one comment, and the next time changes that one', () => {
    const first = comment('## Gate\npass', '');
    expect(first.status, first.stderr).toBe(0);
    expect(first.calls).toContain('--method POST repos/someone/something/issues/7/comments');
    const body = readFileSync(join(folder, 'result', 'comment.md'), 'utf8');
    expect(body).toBe('<!-- mqbench check -->\n## Gate\npass');
    rmSync(join(folder, 'result'), { recursive: true });
    const second = comment('## Gate\nfail', '41\n42\n');
    expect(second.calls).toContain('--method PATCH repos/someone/something/issues/comments/41');
    expect(second.calls).not.toContain('POST');
  });

  it('keeps within what a comment holds, and never fails the build by itself', () => {
    const ended = comment('x'.repeat(200_000), '', true);
    expect(readFileSync(join(folder, 'result', 'comment.md')).length).toBeLessThan(65_536);
    expect(ended.status, ended.stderr).toBe(0);
    expect(ended.stdout).toMatch(/^::warning title=mqbench::/m);
  });

  it('has nothing to say without a summary', () => {
    const ended = comment(undefined, '');
    expect(ended.status).toBe(0);
    expect(ended.calls).toBe('');
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/root.js';

const cli = join(packageRoot, 'dist', 'cli.js');
const helpers = '/usr/share/bash-completion/bash_completion';
const bin = mkdtempSync(join(tmpdir(), 'mqbench-completion-'));
symlinkSync(cli, join(bin, 'mqbench'));
afterAll(() => rmSync(bin, { recursive: true }));

function shell(command: string): string {
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', command], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` },
  });
  expect(stderr).toBe('');
  return stdout;
}

/** What a person gets who presses Tab at the end of this line. */
function completed(line: string): string[] {
  const words = line.split(' ').map((word) => `'${word}'`);
  return shell(`
source ${helpers}
source <(mqbench completion bash)
COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; COMP_LINE='${line}'; COMP_POINT=${line.length}
compopt() { :; }
$(complete -p mqbench | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "\${COMPREPLY[@]}"`)
    .split('\n')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

describe.skipIf(!existsSync(helpers) && process.env['CI'] !== 'true')('completion in bash', () => {
  it.each([
    ['mqbench va', ['validate']],
    ['mqbench brokers do', ['down']],
    ['mqbench run laten', ['latency']],
    ['mqbench run --target kafka-f', ['kafka-flush-1']],
    ['mqbench run --guarantee at-l', ['at-least-once']],
    ['mqbench run --dry', ['--dry-run']],
    ['mqbench brokers up ra', ['rabbitmq', 'rabbitmq-stomp']],
    ['mqbench schema ', ['scenario', 'result']],
  ])('of "%s"', (line, words) => {
    expect(completed(line).sort()).toEqual([...words].sort());
  });
});

describe('the script', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s asks mqbench', (name) => {
    expect(shell(`mqbench completion ${name}`)).toContain('mqbench complete --');
  });

  it.for(['bash', 'zsh', 'fish'])('for %s is one that it can read', (name, { skip }) => {
    skip(spawnSync(name, ['-c', 'true']).status !== 0, `there is no ${name} here`);
    // -n reads without running; a mistake would be told on stderr.
    shell(`mqbench completion ${name} > "${bin}/script" && ${name} -n "${bin}/script"`);
  });
});

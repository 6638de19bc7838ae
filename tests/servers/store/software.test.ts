import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { BrokerError } from '../../../src/errors.js';
import { InterruptedError } from '../../../src/errors.js';
import { runCommand } from '../../../src/servers/local/store/command.js';
import { ensureJava, ensureRabbitmq } from '../../../src/servers/local/store/index.js';
import { plainFolder, recordingContext, rejection, temporaryFolder } from './helpers.js';

const program = async (path: string, script: string) => {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
};

/** What `java -XshowSettings:properties -version` prints, as far as it matters. */
const javaOf = (version: string, specification: string) =>
  `cat >&2 <<'END'\nProperty settings:\n    java.specification.version = ${specification}\n    java.vendor = Example\n    java.version = ${version}\nEND`;

async function javaIn(script: string): Promise<string> {
  const home = await temporaryFolder();
  await program(join(home, 'bin', 'java'), script);
  return home;
}

describe('ensureJava', () => {
  test('takes JAVA_HOME when it is new enough', async () => {
    const home = await javaIn(javaOf('21.0.4', '21'));
    vi.stubEnv('JAVA_HOME', home);
    expect(await ensureJava(recordingContext())).toEqual({
      java: join(home, 'bin', 'java'),
      version: '21.0.4',
      source: 'JAVA_HOME',
      provenance: { java: '21.0.4 (Example)', javaSource: 'JAVA_HOME' },
    });
  });

  test.each([
    ['too old', javaOf('11.0.2', '11')],
    ['older than that', javaOf('1.8.0_402', '1.8')],
    ['broken', 'exit 1'],
  ])('goes on to PATH when JAVA_HOME is %s', async (_name, script) => {
    vi.stubEnv('JAVA_HOME', await javaIn(script));
    const bin = join(await plainFolder(), 'bin');
    await program(join(bin, 'java'), javaOf('17.0.1', '17'));
    vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`);
    expect(await ensureJava(recordingContext())).toMatchObject({ java: join(bin, 'java'), source: 'PATH' });
  });

  test('says what it found and how to get one, where apt cannot help', async () => {
    const bin = join(await plainFolder(), 'bin');
    await program(join(bin, 'java'), javaOf('11.0.2', '11').replace('cat', '/bin/cat'));
    vi.stubEnv('JAVA_HOME', '');
    vi.stubEnv('PATH', bin);
    vi.stubEnv('MQBENCH_CACHE', await plainFolder());
    const error = (await rejection(ensureJava(recordingContext()))) as BrokerError;
    expect(error).toMatchObject({ kind: 'unavailable', exitCode: 6 });
    expect(error.message).toContain('PATH has Java 11.0.2');
    expect(error.details.hint).toMatch(/Install Java 17/);
  });

  test('does not fetch one into a folder where Java cannot run', async () => {
    vi.stubEnv('JAVA_HOME', '');
    vi.stubEnv('PATH', await plainFolder());
    const cache = await temporaryFolder();
    vi.stubEnv('MQBENCH_CACHE', cache);
    const error = (await rejection(ensureJava(recordingContext()))) as BrokerError;
    expect(error).toMatchObject({ kind: 'unavailable', details: { where: cache } });
    expect(error.message).toContain('colon');
  });
});

describe('ensureRabbitmq', () => {
  test('takes an installed one that PATH leads to', async () => {
    const home = join(await plainFolder(), 'rabbitmq_server-4.1.3');
    await program(join(home, 'sbin', 'rabbitmq-server'), 'exit 0');
    await program(join(home, 'sbin', 'rabbitmq-env'), 'exit 0');
    await mkdir(join(home, 'plugins', 'rabbit-4.1.3'), { recursive: true });
    await mkdir(join(home, 'plugins', 'rabbit_common-4.1.3'), { recursive: true });
    const erlang = join(await plainFolder(), 'bin');
    await program(join(erlang, 'erl'), 'exit 0');
    vi.stubEnv('PATH', `${join(home, 'sbin')}:${erlang}`);
    expect(await ensureRabbitmq(recordingContext())).toEqual({
      kind: 'installed',
      home,
      server: join(home, 'sbin', 'rabbitmq-server'),
      version: '4.1.3',
      path: [erlang, join(home, 'sbin')],
      provenance: { server: 'RabbitMQ 4.1.3', software: 'installed on this machine' },
    });
  });
});

describe('runCommand', () => {
  const options = () => ({ signal: recordingContext().signal, timeoutMs: 60_000 });

  test('keeps both outputs, the status lines and whether it went well', async () => {
    const status: string[] = [];
    const onStatus = (line: string) => status.push(line);
    const result = await runCommand('sh', ['-c', 'echo out; echo err >&2; echo one >&3; exit 0'], {
      ...options(),
      onStatus,
    });
    expect(result).toEqual({ ok: true, stdout: 'out\n', stderr: 'err\n' });
    expect(status).toEqual(['one']);
    expect(await runCommand('sh', ['-c', 'exit 3'], options())).toMatchObject({ ok: false });
    expect(await runCommand('mqbench-no-such-program', [], options())).toMatchObject({ ok: false });
  });

  test('ends the command and what it started when aborted, or when it takes too long', async () => {
    // The pipe of standard output stays open as long as the grandchild lives.
    const script = 'sleep 600 & echo started; wait';
    const context = recordingContext();
    const ended = rejection(runCommand('sh', ['-c', script], { ...options(), signal: context.signal }));
    setTimeout(context.abort, 300);
    expect(await ended).toBeInstanceOf(InterruptedError);
    const late = await runCommand('sh', ['-c', script], { ...options(), timeoutMs: 300 });
    expect(late).toMatchObject({ ok: false, stdout: 'started\n' });
    expect(late.stderr).toContain('was ended after');
  });
});

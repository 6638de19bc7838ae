import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/root.js';

const folder = mkdtempSync(join(tmpdir(), 'mqbench-life-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lifecycle = pathToFileURL(join(packageRoot, 'dist', 'commands', 'lifecycle.js')).href;

/** A process of its own that uses the real thing from dist. */
function start(name: string, body: string) {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `import * as life from ${JSON.stringify(lifecycle)};\n${body}`);
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  return child;
}

const waiting = `
  const signal = life.abortOnSignals();
  signal.addEventListener('abort', () => process.stdout.write('aborted by ' + signal.reason.name + '\\n'));
  setInterval(() => undefined, 1000);
  process.stdout.write('ready\\n');`;

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s aborts, and a second one ends at once', async (name) => {
    const child = start(name, waiting);
    expect(await once(child.stdout, 'data')).toEqual(['ready\n']);
    child.kill(name);
    expect(await once(child.stdout, 'data')).toEqual(['aborted by InterruptedError\n']);
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});

describe('the end', () => {
  it('comes although something holds the event loop, and after all output is out', async () => {
    const child = start(
      'linger',
      `setInterval(() => undefined, 1000);
       process.stdout.write('x'.repeat(5_000_000));
       await life.end(3);`,
    );
    // A slow reader: nothing is read while the pipe is long full.
    await sleep(500);
    let length = 0;
    child.stdout.on('data', (text: string) => (length += text.length));
    expect(await once(child, 'close')).toEqual([3, null]);
    expect(length).toBe(5_000_000);
  });

  it('of a crash is a message and exit 1', async () => {
    const child = start(
      'crash',
      `life.reportCrashes((error) => process.stderr.write('told: ' + error.message + '\\n'));
       setTimeout(() => Promise.reject(new Error('nobody caught me')), 1);
       setInterval(() => undefined, 1000);`,
    );
    let err = '';
    child.stderr.on('data', (text: string) => (err += text));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(err).toBe('told: nobody caught me\n');
  });
});

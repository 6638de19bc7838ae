/** A Python environment of its own in the cache folder, with exactly what requirements.txt pins. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exclusively, openCache, runCommand } from '../../dist/servers/local/store/index.js';
import { startContext } from '../sessions.js';

const requirements = fileURLToPath(new URL('../../bench/peers/requirements.txt', import.meta.url));
const installMs = 300_000;

/** @returns the environment's `python` @throws Error when there is no Python 3.10 or later with venv, or pip fails */
export async function ensurePython(signal: AbortSignal): Promise<string> {
  const cache = await openCache();
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(cache, `python-peers-${digest}`);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, 'complete');
  if (existsSync(done)) return python;
  const context = startContext(signal);
  await exclusively(cache, 'python-peers', 'the Python clients', context, async ({ signal: inSlot }) => {
    if (existsSync(done)) return;
    const step = context.progress.step('Installing the Python clients');
    // Made where it stays: a virtual environment has its own path inside.
    await rm(folder, { recursive: true, force: true });
    const must = async (file: string, args: readonly string[]): Promise<void> => {
      const { ok, stderr } = await runCommand(file, args, { signal: inSlot, timeoutMs: installMs });
      if (!ok) throw new Error(`${file} ${args.join(' ')} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    };
    await must('python3', ['-m', 'venv', folder]);
    await must(python, ['-m', 'pip', 'install', '-q', '--no-deps', '--require-hashes', '-r', requirements]);
    await must('touch', [`${done}.tmp`]);
    await rename(`${done}.tmp`, done);
    step.done();
  });
  return python;
}

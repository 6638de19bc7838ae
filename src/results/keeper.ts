/**
 * The process that looks after a result folder while it is being written, in a session of its own: when the pipe to
 * mqbench closes without a word, mqbench was killed, and what was stored so far gets its name or, when nothing was,
 * the folder goes.
 *
 * Entry point of a process: the first line on stdin is a {@link Keeping}, a second one, whatever it says, ends it.
 */
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { giveName } from './place.js';

/** What is to be looked after. */
export interface Keeping {
  /** The folder under its temporary name. */
  readonly folder: string;
  readonly final: string;
}

let keeping: Keeping | undefined;

async function tidy({ folder, final }: Keeping): Promise<void> {
  try {
    await access(join(folder, 'result.json'));
    await giveName(folder, final);
  } catch {
    // Workers and servers that are about to end may still write their logs.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

// Whoever ends everything else of mqbench's wants this to be done, too.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (keeping !== undefined) process.exit(0);
    keeping = JSON.parse(line) as Keeping;
  })
  .on('close', () => {
    if (keeping !== undefined) void tidy(keeping).then(() => process.exit(0));
  });

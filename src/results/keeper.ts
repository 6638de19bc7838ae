/**
 * The process that looks after a result folder while it is being written, in a session of its own: when the pipe to
 * mqbench closes without a word, mqbench was killed, and what was stored so far gets its name or, when nothing was,
 * the folder goes; and so does what else was left to its care.
 *
 * Entry point of a process: each line on stdin is a {@link Word}; the end of stdin ends it.
 */
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Leftover, removeLeftover } from './leftovers.js';
import { giveName, progressFile, removeUnnamed, type Unnamed, wholeWith } from './place.js';

/** What it is told. */
export type Word =
  | { readonly kind: 'keep'; readonly keeping: Unnamed }
  /** The folder has its name, or is gone. */
  | { readonly kind: 'done' }
  | { readonly kind: 'add'; readonly number: number; readonly leftover: Leftover }
  /** What was added under this number is gone. */
  | { readonly kind: 'forget'; readonly number: number };

let keeping: Unnamed | undefined;
const leftovers = new Map<number, Leftover>();

async function tidy(unnamed: Unnamed): Promise<void> {
  const { folder, final } = unnamed;
  const measured = await Promise.any(wholeWith.map((name) => access(join(folder, name)))).then(
    () => true,
    () => false,
  );
  // One that cannot get its name stays under the temporary one.
  if (measured) {
    await rm(join(folder, progressFile), { force: true });
    await giveName(folder, final).catch(() => undefined);
  } else await removeUnnamed(unnamed);
}

async function tidyAll(): Promise<void> {
  // Processes first: they work in the folders that go.
  for (const leftover of leftovers.values()) if (leftover.kind === 'group') await removeLeftover(leftover);
  for (const leftover of leftovers.values()) if (leftover.kind !== 'group') await removeLeftover(leftover);
  if (keeping !== undefined) await tidy(keeping);
}

function hear(word: Word): void {
  switch (word.kind) {
    case 'keep':
      keeping = word.keeping;
      break;
    case 'done':
      keeping = undefined;
      break;
    case 'add':
      leftovers.set(word.number, word.leftover);
      break;
    case 'forget':
      leftovers.delete(word.number);
  }
}

// Whoever ends everything else of mqbench's wants this to be done, too.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);

createInterface({ input: process.stdin })
  .on('line', (line) => hear(JSON.parse(line) as Word))
  .on('close', () => void tidyAll().then(() => process.exit(0)));

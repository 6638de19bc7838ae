/** How long a person waits for the smallest things. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTimed } from './command.js';
import type { Suite } from './options.js';
import { median, medianRange, verdict } from './print.js';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const helpSeconds = 0.3;
const runSeconds = 5;

export const startup: Suite = {
  summary: 'seconds to --help, and to the end of the smallest run on memory',
  async run({ pairs, signal }) {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-bench-'));
    const times = async (repetitions: number, argsOf: (repetition: number) => readonly string[]): Promise<number[]> => {
      const all: number[] = [];
      // The first one reads the files from the disk and is left out.
      for (let i = 0; i <= repetitions; i++) {
        const { seconds, code } = await runTimed(process.execPath, [cli, ...argsOf(i)], { signal });
        if (code !== 0) throw new Error(`mqbench ${argsOf(i).join(' ')} ended with ${code}`);
        all.push(seconds);
      }
      return all.slice(1);
    };
    try {
      const help = await times(pairs ?? 10, () => ['--help']);
      verdict('mqbench --help, s', medianRange(help, 3), `at most ${helpSeconds}`, median(help) <= helpSeconds);
      const flags = ['--target', 'memory', '--messages', '1000', '--repetitions', '1', '--warmup', '0s'];
      const runs = await times(pairs ?? 5, (i) => ['run', ...flags, '--out', join(folder, String(i))]);
      verdict(
        `mqbench run ${flags.join(' ')}, s`,
        medianRange(runs, 2),
        `at most ${runSeconds}`,
        median(runs) <= runSeconds,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

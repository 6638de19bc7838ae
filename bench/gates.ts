/**
 * The gate on real brokers: the same against itself, and against itself slowed to 0.8, again and again. Each self-test
 * is one gate of either kind; what is counted is every gate's word, and how long it took.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Suite, SuiteOptions } from './options.js';

/** Self-tests where nobody says otherwise. */
const defaultGates = 12;
/** A gate may take some ten minutes: at the noise of a shared machine the usual cap of 15 pairs decides too little. */
const cap = 30;
/** Where each gate's whole result goes; the counts are in gates.json. */
const out = 'results/gates';

interface Judged {
  readonly cells: readonly {
    readonly cell: string;
    readonly metrics: readonly {
      readonly metric: string;
      readonly verdict: string;
      readonly ratio: number;
      readonly sd: number | null;
    }[];
  }[];
}
/** One pair of gates. */
interface Row {
  readonly gate: number;
  readonly same: string;
  readonly slowed: string;
  readonly sameSeconds: number;
  readonly slowedSeconds: number;
  readonly achieved: SelfTest['achieved'];
}
/** What `check --self-test --json` prints. */
interface SelfTest {
  readonly works: boolean;
  readonly exitCode: number;
  readonly achieved: readonly { readonly cell: string; readonly ratio: number }[];
  readonly same: Judged;
  readonly slowed: Judged | null;
}

export const gates: Suite = {
  summary: 'real gates, A against A and slowed to 0.8, with their words and times; --pairs: how many of each',
  run: async (o) => {
    const number = o.pairs ?? defaultGates;
    await mkdir(out, { recursive: true });
    const rows: Row[] = [];
    for (let gate = 1; gate <= number; gate++) {
      o.signal.throwIfAborted();
      const folder = join(out, `${new Date().toISOString().replaceAll(':', '-')}-${gate}`);
      const { told: test, sameSeconds, slowedSeconds } = await selfTest(folder, o);
      if (test === undefined) {
        console.log(`gate ${gate}: ended without a judgement`);
        rows.push({ gate, same: 'none', slowed: 'none', sameSeconds, slowedSeconds, achieved: [] });
        continue;
      }
      const row = {
        gate,
        same: wordOf(test.same, 'pass'),
        slowed: test.slowed === null ? 'not run' : wordOf(test.slowed, 'regressed'),
        sameSeconds,
        slowedSeconds,
        achieved: test.achieved,
      };
      rows.push(row);
      console.log(
        `gate ${gate}: the same ${row.same} in ${row.sameSeconds.toFixed(0)} s; slowed ${row.slowed} in ${row.slowedSeconds.toFixed(0)} s (achieved ${test.achieved.map(({ cell, ratio }) => `${cell} ${ratio.toFixed(3)}`).join(', ')})`,
      );
    }
    const count = (side: 'same' | 'slowed'): string => {
      const words = rows.map((row) => row[side]);
      return [...new Set(words)].map((word) => `${words.filter((one) => one === word).length} ${word}`).join(', ');
    };
    console.log(`\nthe same against itself: ${count('same')}\nslowed to 0.8: ${count('slowed')}`);
    await writeFile(join(out, 'gates.json'), `${JSON.stringify(rows, null, 1)}\n`);
  },
};

/** The gate's word over its cells: any regressed or failed, all as hoped for, or undecided. */
function wordOf({ cells }: Judged, hoped: 'pass' | 'regressed'): string {
  const verdicts = cells.map(
    (cell) => cell.metrics.find(({ metric }) => metric === 'throughput')?.verdict ?? 'invalid',
  );
  const passing = ['pass', 'equivalent', 'improved'];
  if (hoped === 'regressed' && verdicts.every((verdict) => verdict === 'regressed')) return 'regressed everywhere';
  if (verdicts.some((verdict) => verdict === 'failed')) return 'failed';
  if (verdicts.some((verdict) => verdict === 'regressed')) return 'regressed';
  return verdicts.length > 0 && verdicts.every((verdict) => passing.includes(verdict)) ? 'pass' : 'undecided';
}

interface Timed {
  readonly told: SelfTest | undefined;
  /** From the start of the process: the brokers' start and the plots are part of a gate that somebody waits for. */
  readonly sameSeconds: number;
  /** From the end of the first gate to the end of the process. */
  readonly slowedSeconds: number;
}

async function selfTest(folder: string, o: SuiteOptions): Promise<Timed> {
  const targets = o.targets === undefined ? [] : ['--target', o.targets.join(',')];
  const seconds = o.seconds === undefined ? [] : ['--duration', `${o.seconds}s`];
  const asked = ['--pairs', String(cap), '--out', folder, ...targets, ...seconds];
  const args = ['dist/cli.js', 'check', '--self-test', '--json', ...asked];
  const started = performance.now();
  let secondBegan = NaN;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: o.signal });
  let stdout = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  createInterface(child.stderr).on('line', (line) => {
    if (line.startsWith('self-test 2 of 2')) secondBegan = performance.now();
    process.stderr.write(`${line}\n`);
  });
  await once(child, 'close');
  const ended = performance.now();
  return {
    told: stdout === '' ? undefined : (JSON.parse(stdout) as SelfTest),
    sameSeconds: ((Number.isNaN(secondBegan) ? ended : secondBegan) - started) / 1000,
    slowedSeconds: (ended - secondBegan) / 1000,
  };
}

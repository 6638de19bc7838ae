/** From a fresh checkout to the three throughput plots: how many minutes, and where they go. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Result } from '../dist/results/schema.js';
import { runTimed } from './command.js';
import type { Suite, SuiteOptions } from './options.js';
import { verdict } from './print.js';

const repository = fileURLToPath(new URL('..', import.meta.url));
const plotsWanted = 3;
const withDownloads = 6;
const withoutDownloads = 3;

export const fresh: Suite = {
  summary: 'minutes from a fresh checkout to three plots, with downloads and without',
  async run(o) {
    const folder = mkdtempSync(join(tmpdir(), 'mqbench-fresh-'));
    const env = { MQBENCH_CACHE: join(folder, 'cache'), npm_config_cache: join(folder, 'npm') };
    try {
      console.log('\nwith empty caches:');
      const cold = await checkout(join(folder, 'first'), env, o);
      console.log('\nagain, with what that left in the caches:');
      const warm = await checkout(join(folder, 'second'), env, o);
      for (const [what, seconds, most] of [
        ['with downloads', cold, withDownloads],
        ['without', warm, withoutDownloads],
      ] as const)
        verdict(
          `fresh checkout to ${plotsWanted} plots ${what}, min`,
          (seconds / 60).toFixed(1),
          `at most ${most}`,
          seconds / 60 <= most,
        );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** @returns seconds in all */
async function checkout(folder: string, env: Readonly<Record<string, string>>, o: SuiteOptions): Promise<number> {
  let total = 0;
  const stage = (what: string, seconds: number): void => {
    total += seconds;
    console.log(`${seconds.toFixed(1).padStart(8)} s  ${what}`);
  };
  const must = async (what: string, file: string, args: readonly string[], cwd: string): Promise<void> => {
    const { code, seconds } = await runTimed(file, args, { cwd, env, signal: o.signal });
    if (code !== 0) throw new Error(`${what} ended with ${code}`);
    stage(what, seconds);
  };
  await must('git clone', 'git', ['clone', '-q', repository, folder], repository);
  await must('npm ci, the build included', 'npm', ['ci', '--no-audit', '--no-fund'], folder);

  // The course of the run is told on stderr, so the waits for servers are read off there.
  const steps = new Map<string, number>();
  const out = join(folder, 'results', 'fresh');
  const args = ['mqbench', 'run', '--server', 'local', '--out', out, ...(o.quick ? ['--quick'] : [])];
  const begin = Date.now();
  const { code, seconds } = await runTimed('npx', args, {
    cwd: folder,
    env,
    signal: o.signal,
    onLine(line, at) {
      const [, what, ends] = /^(.+?)( …|: .*)$/.exec(line) ?? [];
      if (
        what === undefined ||
        ends === undefined ||
        !/^(Downloading|Unpacking|Fetching|Starting|Installing)/.test(what)
      )
        return;
      if (ends === ' …') steps.set(what, at);
      else
        console.log(
          `${' '.repeat(10)}  at ${at.toFixed(1)} s: ${what}, ${(at - (steps.get(what) ?? at)).toFixed(1)} s (some at the same time)`,
        );
    },
  });
  if (code !== 0) throw new Error(`npx ${args.join(' ')} ended with ${code}`);
  const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Result;
  const sessionBegan = Date.parse(result.startedAt);
  const finished = Date.parse(result.finishedAt);
  stage('mqbench run: servers fetched and started', (sessionBegan - begin) / 1e3);
  stage(`mqbench run: ${result.runs.length} runs and one discarded for each JVM`, (finished - sessionBegan) / 1e3);
  stage('mqbench run: servers stopped, tables, plots and report drawn', seconds - (finished - begin) / 1e3);
  const plots = readdirSync(join(out, 'plots')).filter((file) => /^throughput-.*\.png$/.test(file));
  if (plots.length !== plotsWanted) throw new Error(`${plots.length} throughput plots instead of ${plotsWanted}`);
  console.log(`${total.toFixed(1).padStart(8)} s  in all${o.quick ? ' (--quick)' : ''}: ${plots.join(', ')}`);
  return total;
}

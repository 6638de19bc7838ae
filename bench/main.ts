/**
 * npm run bench -- [suite] [flags]: what mqbench costs and how true it is. docs/performance.md says what each suite
 * measures and what it found.
 * Flags: --target a,b  --size 100  --pairs 7  --seed 1  --messages N  --seconds N  --warmup N  --quick
 */
import { readCommandLine, type Suite } from './options.js';
import { core } from './core/index.js';
import { latency } from './latency/index.js';
import { fresh } from './fresh.js';
import { gateSimulation } from './gate-simulation.js';
import { gates } from './gates.js';
import { overhead } from './overhead.js';
import { peers } from './peers/index.js';
import { profile } from './profile.js';
import { rates } from './rates.js';
import { sampling } from './sampling.js';
import { startup } from './startup.js';

const suites: Readonly<Record<string, Suite>> = {
  overhead,
  peers,
  core,
  rates,
  latency,
  startup,
  fresh,
  profile,
  sampling,
  'gate-simulation': gateSimulation,
  gates,
};

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => controller.abort(new Error('interrupted')));

async function main(): Promise<void> {
  const { suite: name, options } = readCommandLine(controller.signal);
  const suite = suites[name];
  if (!suite) {
    const list = Object.entries(suites).map(([id, { summary }]) => `  ${id.padEnd(18)}${summary}`);
    throw new Error(`there is no suite "${name}". There are:\n${list.join('\n')}`);
  }
  await suite.run(options);
}

main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

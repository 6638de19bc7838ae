/** Where the time of the workers goes: CPU profiles of one run's producer and consumers, summed by whose code it is. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Profiler } from 'node:inspector';
import type { Suite, SuiteOptions } from './options.js';
import { rate, table } from './print.js';
import { Sessions, throughputOf } from './sessions.js';

const preload = new URL('./profile-preload.js', import.meta.url).href;

export const profile: Suite = {
  summary: "CPU profiles of the workers, and whose code a message's time goes to",
  async run(o) {
    for (const target of o.targets ?? ['rabbitmq', 'kafka'])
      await Sessions.with([target], o, (sessions) => profileTarget(target, o, sessions));
  },
};

async function profileTarget(target: string, o: SuiteOptions, sessions: Sessions): Promise<void> {
  const folder = resolve('profiles', target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const shape = { sizeBytes: o.sizeBytes, extent: { seconds: o.seconds ?? 10 }, seed: o.seed };
  await sessions.run(target, { ...shape, extent: { seconds: 3 } });
  const { NODE_OPTIONS: before = '' } = process.env;
  // Workers inherit the environment; the control process and the server run already.
  process.env['NODE_OPTIONS'] = `${before} --import=${preload}`.trim();
  process.env['MQBENCH_PROFILE'] = folder;
  try {
    const record = await sessions.run(target, { ...shape, warmupSeconds: 1 });
    console.log(`\n${target}, ${o.sizeBytes} B: ${rate(throughputOf(record))} messages a second while being profiled`);
    for (const { pid, role, index, messages } of record.workers) {
      const name = `${role}-${index}`;
      const file = join(folder, `${name}.cpuprofile`);
      renameSync(join(folder, `${pid}.cpuprofile`), file);
      const taken = JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile;
      summarize(name, taken, messages);
    }
    console.log(
      `\nProfiles, for Chrome's developer tools or speedscope: ${readdirSync(folder).join(', ')} in profiles/${target}`,
    );
  } finally {
    if (before === '') delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
    delete process.env['MQBENCH_PROFILE'];
  }
}

/** Whose code a function is. */
function ownerOf(frame: Profiler.Profile['nodes'][number]['callFrame']): string {
  const { url, functionName } = frame;
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collector';
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (library !== undefined) return library;
  if (/\/dist\/brokers\//.test(url)) return 'mqbench: adapter';
  if (/\/dist\/(run|metrics)\//.test(url)) return 'mqbench: core';
  if (functionName === 'hrtimeBigInt') return 'mqbench: core';
  if (url.startsWith('node:') || url === '') return 'Node.js and system calls';
  return 'other';
}

function summarize(name: string, { nodes, samples = [], timeDeltas = [] }: Profiler.Profile, messages: number): void {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  // Loading code before and encoding histograms after is no message's time.
  const moves = (id: number): boolean =>
    /\/dist\/run\/(generator|consumer-worker)\.js$/.test(byId.get(id)?.callFrame.url ?? '');
  const begin = samples.findIndex(moves);
  const end = samples.findLastIndex(moves);
  const owners = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  for (const [i, id] of samples.entries()) {
    const node = byId.get(id);
    const micros = timeDeltas[i] ?? 0;
    if (i < begin || i > end || !node || ownerOf(node.callFrame) === 'idle') continue;
    total += micros;
    const { functionName, url, lineNumber } = node.callFrame;
    const place = `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`;
    owners.set(ownerOf(node.callFrame), (owners.get(ownerOf(node.callFrame)) ?? 0) + micros);
    functions.set(place, (functions.get(place) ?? 0) + micros);
  }
  console.log(
    `\n${name}: ${rate(messages)} messages measured; ${(total / 1e6).toFixed(1)} s busy between the first message and the last, warm-up included`,
  );
  const row = table(['share', 'whose code']);
  const share = (micros: number): string => `${((100 * micros) / total).toFixed(1)} %`;
  const ordered = (map: ReadonlyMap<string, number>): [string, number][] => [...map].sort((a, b) => b[1] - a[1]);
  for (const [owner, micros] of ordered(owners)) row([share(micros), owner]);
  console.log('the functions that take most:');
  for (const [place, micros] of ordered(functions).slice(0, 12)) row([share(micros), place]);
}

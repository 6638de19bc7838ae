/** `mqbench run --dry-run`: the plan, printed and not run. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isExternal } from '../brokers/shipped.js';
import { ExitCode } from '../errors.js';
import { redactData } from '../results/redact.js';
import { faultText, momentText } from '../faults/text.js';
import { axesOf, axisValueText, type PlainAxis } from '../scenario/axes.js';
import { estimateSeconds } from '../scenario/estimate.js';
import { adaptersOf, loadScenario } from '../scenario/load.js';
import { buildPlan } from '../scenario/plan.js';
import { loadText } from '../scenario/load-text.js';
import { definitionOf } from '../scenario/pattern-schema.js';
import type { Plan, Scenario, Work } from '../scenario/types.js';
import { payloadText } from '../scenario/payload-text.js';
import { sizeKey, sizeOf } from '../scenario/sizes.js';
import { formatCount, formatDuration } from '../scenario/units.js';
import { readUrls, type RunFlags } from './run-flags.js';
import { textTable } from './text-table.js';

function describeAmount({ messages, durationSeconds, load }: Scenario): string {
  const amount = messages === undefined ? formatDuration(durationSeconds ?? 0) : `${formatCount(messages)} messages`;
  return load.kind === 'walk' ? `${amount} at each rate` : `${amount} a run`;
}

const works: Record<Work, string> = {
  transfer: 'producers and consumers together',
  produce: 'producers alone; drained afterwards, to count',
  consume: 'consumers alone; the queue is filled first, unmeasured',
  backlog: 'the queue is filled, then drained; both are measured',
};

/** One value, or all that are listed. */
function valuesOf(scenario: Scenario, name: PlainAxis): string {
  const values = scenario.matrix?.axes[name] ?? [scenario[name]];
  return values.map((value) => axisValueText({ [name]: value }, name)).join(', ');
}

/** A line for each value, with the word for it where there are several. */
function listed<T>(
  name: string,
  one: T,
  several: Readonly<Record<string, T>> | undefined,
  text: (value: T) => string,
): [string, string][] {
  if (several === undefined) return [[name, text(one)]];
  return Object.entries(several).map(([word, value]) => [name, `${word}: ${text(value)}`]);
}

function describeConsumers(scenario: Scenario): string {
  const { lateConsumers: late } = scenario;
  const joining =
    late === undefined ? '' : `, ${formatCount(late.count)} of them after ${formatDuration(late.afterSeconds)}`;
  return `${valuesOf(scenario, 'consumers')}${joining}, prefetch ${valuesOf(scenario, 'prefetch')}`;
}

/** Rounded as a rough figure deserves: to minutes from two minutes on, else to ten seconds. */
function roughly(seconds: number): string {
  if (seconds >= 5400) return `${(seconds / 3600).toFixed(1)} hours`;
  return seconds >= 120
    ? `${Math.round(seconds / 60)} minutes`
    : `${Math.max(10, Math.round(seconds / 10) * 10)} seconds`;
}

const some = (count: number, what: string): string => `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;

/** Somebody else's module as a path, which is shorter than its URL. */
function shownAdapter(adapter: string): string {
  return isExternal(adapter) ? relative(process.cwd(), fileURLToPath(adapter)) : adapter;
}

function optionsOf(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function planText(plan: Plan): string {
  const { scenario } = plan;
  const walks = scenario.load.kind === 'walk';
  const axes = axesOf(plan.runs.map(({ cell }) => cell.axes));
  const facts = [
    ['pattern', definitionOf(scenario.pattern).text(scenario.pattern)],
    ['work', works[scenario.work]],
    ['producers', valuesOf(scenario, 'producers')],
    ['consumers', describeConsumers(scenario)],
    ['destinations', valuesOf(scenario, 'destinations')],
    ['measured', `${describeAmount(scenario)}, after ${formatDuration(scenario.warmupSeconds)} of warm-up`],
    ...listed('payload', scenario.payload, scenario.matrix?.named.payload, payloadText),
    ...listed('load', scenario.load, scenario.matrix?.named.load, loadText),
    ...scenario.faults.map((fault) => ['fault', `${momentText(fault.at)}: ${faultText(fault)}`]),
    ['guarantee', valuesOf(scenario, 'guarantee')],
    ['repetitions', formatCount(scenario.repetitions)],
    ['servers', plan.serverChoice],
    ['seed', String(scenario.seed)],
    ['digest', plan.digest],
  ] as const;
  const sections = [
    plan.runs.length === 0
      ? `Plan of ${scenario.name}: nothing can be run\n`
      : `Plan of ${scenario.name}: ${some(plan.cells.length, 'cell')}, ${some(plan.runs.length, 'run')}, roughly ${roughly(estimateSeconds(plan))} (a guess: broker and machine decide; downloads not counted)\n`,
    ...(scenario.description === '' ? [] : [`${scenario.description}\n`]),
    facts.map(([name, value]) => `  ${name.padEnd(14)}${value}\n`).join(''),
    textTable(
      ['TARGET', 'ADAPTER', 'OPTIONS'],
      scenario.targets.map(({ name, adapter, options }) => [name, shownAdapter(adapter), optionsOf(options)]),
    ),
  ];
  if (plan.runs.length > 0)
    sections.push(
      textTable(
        ['RUN', 'TARGET', 'SIZE', ...axes.map((name) => name.toUpperCase()), ...(walks ? ['RATE'] : []), 'REPETITION'],
        plan.runs.map(({ order, cell, repetition, discard }) => [
          String(order),
          cell.target,
          sizeKey(sizeOf(cell)),
          ...axes.map((name) => axisValueText(cell.axes, name)),
          ...(walks ? [`${formatCount(cell.ratePerSecond ?? 0)}/s`] : []),
          discard ? 'discarded (warms the server up)' : String(repetition),
        ]),
        [0],
      ),
    );
  if (plan.refused.length > 0)
    sections.push(`Left out:\n${plan.refused.map(({ cell, reason }) => `  ${cell.id}: ${reason}\n`).join('')}`);
  return sections.join('\n');
}

/** An adapter from elsewhere may have any option, a password for example. */
function shown({ scenario, ...plan }: Plan): Plan {
  const targets = scenario.targets.map((target) => ({ ...target, options: redactData(target.options) }));
  return { ...plan, scenario: { ...scenario, targets } };
}

/** What goes to stdout: the plans as text, or one JSON array of them. */
export async function dryRun(
  scenarios: readonly string[],
  flags: RunFlags,
): Promise<{ text: string; exitCode: ExitCode }> {
  const plans: Plan[] = [];
  for (const name of scenarios) {
    const scenario = await loadScenario(name, flags);
    readUrls(flags.url, scenario, flags.server);
    plans.push(shown(buildPlan(scenario, await adaptersOf(scenario), flags.server)));
  }
  // Nothing to run is a mistake in the question, also when it is only asked for.
  const exitCode = plans.every((plan) => plan.cells.length > 0) ? ExitCode.ok : ExitCode.usage;
  const text = flags.json
    ? `${JSON.stringify(
        plans.map((plan) => ({ ...plan, estimatedSeconds: Math.round(estimateSeconds(plan)) })),
        null,
        2,
      )}\n`
    : plans.map(planText).join('\n');
  return { text, exitCode };
}

/** Roughly how long a plan takes. Good for "coffee or lunch?", no more: broker and machine decide. */
import { meanRate, timeOf } from '../run/arrivals/curve.js';
import { totalSeconds, type Weights } from '../tasks/weights.js';
import { usedTargets } from './plan.js';
import { runScenario, type RunScenario } from './run-load.js';
import { isJvmServer } from './targets.js';
import type { Plan, PlannedRun, RunLoad } from './types.js';

/** Messages per second of small bodies at full speed on two small cores, by adapter (docs/performance.md). */
const roughRate: Readonly<Record<string, number>> = { rabbitmq: 10_000, kafka: 30_000, stomp: 1_500, memory: 40_000 };
/** Bytes per second beyond which size and not count decides. */
const roughBandwidth = 30e6;
/** Workers started, destination made, consumers ready, verified, cleaned up. */
const overheadSeconds = 6;
/** A server from start to its first answer; a JVM takes longer to be at rest. */
const startSeconds = { jvm: 10, other: 8 };
/** A discarded run is a fifth as long. */
const discardShare = 0.2;

function measuredSeconds(plan: Plan, run: PlannedRun): number {
  const scenario = runScenario(plan.scenario, run.cell);
  const { load, messages, work } = scenario;
  const share = run.discard ? discardShare : 1;
  const adapter = scenario.targets.find((target) => target.name === run.cell.target)?.adapter ?? '';
  const fullSpeed = Math.min(roughRate[adapter] ?? 10_000, roughBandwidth / run.cell.sizeBytes);
  const seconds = messages === undefined ? (scenario.durationSeconds ?? 0) : secondsFor(messages, load, fullSpeed);
  // What was sent before anyone received is received afterwards.
  const afterwards =
    work === 'transfer' ? 0 : (seconds * (load.kind === 'closed' ? fullSpeed : meanRate(load, seconds))) / fullSpeed;
  const worked = scenario.weights === undefined ? 0 : workSeconds(scenario.weights, scenario) * share;
  return Math.max(messages === undefined ? 1 : 0, worked, seconds * share) + afterwards * share;
}

/** How long workers take for the messages' weights when the work is shared evenly; by time of sending nobody knows. */
function workSeconds(weights: Weights, { messages = 0, producers, consumers }: RunScenario): number {
  return (totalSeconds(weights, messages / producers) * producers) / consumers;
}

/** How long so many messages take. */
function secondsFor(messages: number, load: RunLoad, fullSpeed: number): number {
  if (load.kind === 'closed') return messages / fullSpeed;
  return timeOf(load)(messages) / 1e9;
}

/** Seconds for the whole plan, server starts included, downloads not. */
export function estimateSeconds(plan: Plan): number {
  const { scenario } = plan;
  const starts = usedTargets(plan)
    .filter((target) => target.url === undefined && plan.serverChoice !== 'endpoint' && target.server !== 'memory')
    .map((target) => (isJvmServer(target.server) ? startSeconds.jvm : startSeconds.other));
  const broken = scenario.faults.reduce(
    (sum, { do: kind, forSeconds = 0 }) =>
      sum + forSeconds + (kind === 'restart-broker' || kind === 'kill-broker' ? startSeconds.jvm : 0),
    0,
  );
  const runs = plan.runs.map((run) => overheadSeconds + scenario.warmupSeconds + measuredSeconds(plan, run) + broken);
  const pauses = Math.max(0, plan.runs.length - 1) * scenario.pauseSeconds;
  return [...starts, ...runs, pauses].reduce((sum, seconds) => sum + seconds, 0);
}

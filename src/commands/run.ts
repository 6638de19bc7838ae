/** `mqbench run`: scenario and flags → plan → servers → runs → result folder → tables. Wires; decides little. */
import { ExitCode, InterruptedError, MqbenchError, StorageError, UsageError } from '../errors.js';
import { writeReport } from '../report/write.js';
import { composeReport } from '../report/compose.js';
import { buildModel } from '../report/model.js';
import { renderTerminal } from '../report/table.js';
import { brokerAddress } from '../monitor/clients.js';
import type { Result } from '../results/schema.js';
import { beginResult, type Draft, resultId } from '../results/store.js';
import { tellAll } from '../run/listeners.js';
import { exitCodeOf, runSession, type SessionListener, type SessionOutcome } from '../run/session.js';
import { adaptersOf, loadScenario } from '../scenario/load.js';
import { refuseFaults } from './fault-servers.js';
import { applyFlags } from '../scenario/overrides.js';
import { buildPlan, usedTargets } from '../scenario/plan.js';
import type { Plan, Scenario } from '../scenario/types.js';
import { urlVariable } from '../servers/endpoint/index.js';
import { acquireServers, type AcquiredServers, type MissingServer } from '../servers/index.js';
import { createProgress } from '../servers/progress.js';
import { commandLine } from './command-line.js';
import { wantsColour } from './print-error.js';
import { RunDisplay } from './run-display.js';
import { ProgressWriter } from './run-progress.js';
import { readUrls, type RunFlags } from './run-flags.js';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * Runs each scenario in turn.
 * @returns the exit code that the worst of them deserves
 */
export async function run(names: readonly string[], flags: RunFlags): Promise<ExitCode> {
  // Every scenario is read before the first is run: a mistake in the second must not cost an hour.
  const scenarios = await Promise.all(names.map((name) => loadScenario(name, flags)));
  if (flags.out !== undefined && scenarios.length > 1)
    throw new UsageError('One result folder cannot take several scenarios.', {
      where: '--out',
      hint: 'Run them one by one, or leave --out away.',
    });
  // A port that is taken must not be found out when servers run already.
  const watch =
    flags.prometheus === undefined ? undefined : await (await import('./run-metrics.js')).openMetrics(flags.prometheus);
  try {
    let worst: ExitCode = ExitCode.ok;
    for (const scenario of scenarios) {
      const code = await runScenario(scenario, flags, watch?.listeners(scenario) ?? []);
      if (worst === ExitCode.ok || code === ExitCode.interrupted) worst = code;
      if (code === ExitCode.interrupted) break;
    }
    return worst;
  } finally {
    await watch?.close();
  }
}

async function runScenario(asked: Scenario, flags: RunFlags, watching: readonly SessionListener[]): Promise<ExitCode> {
  const env = { ...process.env };
  for (const [target, url] of readUrls(flags.url, asked)) env[urlVariable(target)] = url;
  const plan = await planOf(asked, flags);
  refuseFaults(plan, flags, env);
  const draft = await beginResult(resultId(asked.name, new Date()), flags.out);
  let kept = false;
  try {
    const servers = await getServers(plan, flags, env, draft);
    try {
      const outcome = await measure(servers.plan, servers, flags, draft, watching);
      kept = outcome.result.runs.length > 0 || outcome.error === undefined;
      if (!kept) throw outcome.error as Error;
      return await tell(outcome, flags, draft);
    } finally {
      await servers.stopAll();
    }
  } finally {
    // Nothing was measured: nothing is left.
    if (!kept) await draft.discard();
  }
}

async function planOf(scenario: Scenario, flags: RunFlags): Promise<Plan> {
  const plan = buildPlan(scenario, await adaptersOf(scenario), flags.server);
  if (plan.cells.length === 0) {
    const reasons = plan.refused.map(({ cell, reason }) => `${cell.id}: ${reason}`).join('; ');
    throw new UsageError(`No target can do this: ${reasons}.`, {
      hint: 'Change the guarantee, the sizes or the targets.',
    });
  }
  return plan;
}

interface Servers extends AcquiredServers {
  /** The plan that is really run: the asked one, or the embedded broker's when nothing else is to be had. */
  readonly plan: Plan;
}

/** @throws the first missing server's error where that must not pass */
async function getServers(plan: Plan, flags: RunFlags, env: NodeJS.ProcessEnv, draft: Draft): Promise<Servers> {
  const attended = process.stderr.isTTY === true && process.env['CI'] === undefined;
  const acquire = async (of: Plan): Promise<AcquiredServers> => {
    const progress = createProgress(process.stderr);
    try {
      return await acquireServers(usedTargets(of), flags.server, {
        progress,
        signal: flags.signal,
        env,
        logDir: draft.logDir,
      });
    } finally {
      progress.close();
    }
  };
  const servers = await acquire(plan);
  const first = servers.missing[0];
  if (first === undefined) return { ...servers, plan };
  for (const { target, reason } of servers.missing) say(`warning: ${target} cannot be had: ${reason}`);
  const some = servers.servers.size > 0;
  if (some && (attended || flags.allowMissing)) return { ...servers, plan };
  await servers.stopAll();
  if (some || !attended) throw asksForMore(first);
  say(
    "warning: no broker can be had here; running on mqbench's embedded broker instead, which shows the harness and no broker",
  );
  const instead = await planOf(await applyFlags(plan.scenario, { target: ['memory'] }), flags);
  const embedded = await acquire(instead);
  return { ...embedded, missing: [...servers.missing, ...embedded.missing], plan: instead };
}

function asksForMore({ target, error }: MissingServer): MqbenchError {
  const { where, hint } = error.details;
  return new MqbenchError(`${target} cannot be had: ${error.message}`, {
    exitCode: ExitCode.environment,
    ...(where === undefined ? {} : { where }),
    hint: `${hint === undefined ? '' : `${hint} `}Or leave it out with --allow-missing.`,
    cause: error,
  });
}

async function measure(
  plan: Plan,
  servers: AcquiredServers,
  flags: RunFlags,
  draft: Draft,
  watching: readonly SessionListener[],
): Promise<SessionOutcome> {
  const display = new RunDisplay(process.stderr);
  const brokers = new Map(Array.from(servers.servers, ([target, { endpoint }]) => [target, brokerAddress(endpoint)]));
  const progress = new ProgressWriter(draft, plan.scenario.name, brokers);
  try {
    return await runSession({
      plan,
      servers: servers.servers,
      missing: servers.missing,
      draft,
      commandLine: commandLine(process.argv.slice(2)),
      signal: flags.signal,
      listener: tellAll([display, progress, ...watching]),
      print: flags.print,
    });
  } finally {
    display.clear();
    await progress.end('drawing plots');
  }
}

/** Draws the report; returns what kept it from being drawn, which must cost neither the result nor its tables. */
async function draw(result: Result, flags: RunFlags, draft: Draft): Promise<Error | undefined> {
  say('drawing plots …');
  try {
    await writeReport(draft.folder, [result], { signal: flags.signal });
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Draws the report, gives the folder its name, prints the result. */
async function tell(outcome: SessionOutcome, flags: RunFlags, draft: Draft): Promise<ExitCode> {
  const { result } = outcome;
  // After Ctrl-C nobody waits for plots, and a full disk has no room for them; `mqbench report` draws them later.
  const stopped = outcome.error instanceof InterruptedError || outcome.error instanceof StorageError;
  const undrawn = stopped ? undefined : await draw(result, flags, draft);
  const error = outcome.error ?? undrawn;
  const folder = await draft.finish();
  if (flags.json) process.stdout.write(`${JSON.stringify({ folder, result })}\n`);
  else {
    const color = wantsColour(process.stdout, process.env);
    process.stdout.write(
      `${renderTerminal(composeReport([buildModel(result)], 'brief'), { columns: process.stdout.columns ?? 100, color })}\n`,
    );
    if (error instanceof InterruptedError)
      process.stdout.write(
        `\nInterrupted: a ${result.partial ? 'partial' : 'whole'} result is in ${folder}\nDraw its plots with: mqbench report ${folder}\n`,
      );
    else if (stopped || undrawn !== undefined) process.stdout.write(`\nNo plots; the result is in ${folder}\n`);
    else process.stdout.write(`\nPlots and report: ${folder}/plots, ${folder}/report.html\n`);
  }
  if (error !== undefined && !(error instanceof InterruptedError)) throw error;
  return exitCodeOf({ result, error });
}

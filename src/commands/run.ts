/** `mqbench run`: scenario and flags → plan → servers → runs → result folder → tables. Wires; decides little. */
import { ExitCode, InterruptedError, StorageError, UsageError } from '../errors.js';
import { writeReport } from '../report/write.js';
import { composeReport } from '../report/compose.js';
import { buildModel } from '../report/model.js';
import { renderTerminal } from '../report/table.js';
import { brokerAddress } from '../monitor/clients.js';
import type { Result } from '../results/schema.js';
import { drawingStage } from '../results/progress.js';
import { beginResult, type Draft, resultId } from '../results/store.js';
import { tellAll } from '../run/listeners.js';
import { exitCodeOf, runSession, type SessionListener, type SessionOutcome } from '../run/session.js';
import { loadScenario } from '../scenario/load.js';
import { refuseFaults } from './fault-servers.js';
import type { Plan, Scenario } from '../scenario/types.js';
import { urlVariable } from '../servers/endpoint/index.js';
import type { AcquiredServers } from '../servers/index.js';
import { commandLine } from './command-line.js';
import { endWith, worseOf } from './exit-codes.js';
import { planOf } from './plan.js';
import { exitCodeFor, printError, wantsColour } from './print-error.js';
import { RunDisplay } from './run-display.js';
import { ProgressWriter } from './run-progress.js';
import { readUrls, type RunFlags } from './run-flags.js';
import { getServers } from './run-servers.js';

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
      const code = await runScenario(scenario, flags, watch?.listeners(scenario) ?? []).catch((error: unknown) => {
        if (scenarios.length === 1 || error instanceof InterruptedError) throw error;
        // A broker that died in one scenario says nothing of the next.
        printError(error);
        return exitCodeFor(error);
      });
      worst = worseOf(worst, code);
      if (code === ExitCode.interrupted) break;
    }
    return worst;
  } finally {
    await watch?.close();
  }
}

async function runScenario(asked: Scenario, flags: RunFlags, watching: readonly SessionListener[]): Promise<ExitCode> {
  const env = { ...process.env };
  for (const [target, url] of readUrls(flags.url, asked, flags.server)) env[urlVariable(target)] = url;
  const plan = await planOf(asked, flags.server);
  refuseFaults(plan, flags, env);
  const draft = await beginResult(resultId(asked.name, new Date()), flags.out);
  // Whoever looks on is told that a target is missing, first and last; anybody else has to allow it.
  const attended = process.stderr.isTTY === true && process.env['CI'] === undefined;
  let kept = false;
  try {
    const servers = await getServers(plan, flags, { env, logDir: draft.logDir, attended });
    try {
      const outcome = await measure(
        servers.plan,
        servers,
        { ...flags, allowMissing: attended || flags.allowMissing },
        draft,
        watching,
      );
      kept = outcome.result.runs.length > 0 || outcome.error === undefined;
      if (!kept) throw outcome.error as Error;
      // They take seconds to end, and so do the plots; what keeps them from ending is told below.
      void servers.stopAll().catch(() => undefined);
      return await tell(outcome, flags, draft);
    } finally {
      await servers.stopAll();
    }
  } finally {
    // Nothing was measured: nothing is left.
    if (!kept) await draft.discard();
  }
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
      goOnWithout: flags.allowMissing,
      draft,
      commandLine: commandLine(process.argv.slice(2)),
      signal: flags.signal,
      listener: tellAll([display, progress, ...watching]),
      print: flags.print,
    });
  } finally {
    display.clear();
    await progress.end(drawingStage);
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
  return endWith(exitCodeOf({ result, error }), error instanceof InterruptedError ? undefined : error);
}

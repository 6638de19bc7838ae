/** A stored baseline as the base of a gate: whether it may be one here, and what of it a plan asks about. Pure. */
import { matchCells } from '../compare/cells.js';
import { blockingOf, scenarioDifferences, withListsOf } from '../compare/comparability.js';
import { ExitCode, MqbenchError } from '../errors.js';
import type { Result } from '../results/schema.js';
import { scenarioRecord } from '../run/session.js';
import type { Plan } from '../scenario/types.js';
import { fewestRuns, thinCells } from './baseline.js';

export interface StoredBase {
  /** Where it lies, for messages. */
  readonly file: string;
  readonly result: Result;
}

function refuse(file: string, message: string, hint: string): never {
  throw new MqbenchError(message, { exitCode: ExitCode.baseline, where: file, hint });
}

/**
 * @param fingerprint of this machine
 * @param force use it all the same
 * @returns a warning where it is of another machine and was forced
 * @throws MqbenchError exit 5 where it is and was not
 */
export function otherMachine({ file, result }: StoredBase, fingerprint: string, force: boolean): string | undefined {
  if (result.environment.fingerprint === fingerprint) return undefined;
  const { cpuModel, cores, node } = result.environment;
  const message = `The baseline comes from another machine (${cpuModel}, ${cores} cores, Node ${node.split('.')[0] ?? ''})`;
  if (force) return `${message}; what follows is advice at best`;
  return refuse(
    file,
    `${message}: a difference would say more about the machines than about the change.`,
    'Compare in one session with --base, save a baseline on this machine, or force it with --force.',
  );
}

/**
 * Of the baseline what the candidate's plan asks about, and nothing else.
 * @throws MqbenchError exit 5 where it answers another question, lacks a cell, or has too few runs of one
 */
export function fittingBase({ file, result }: StoredBase, plan: Plan): Result {
  const question = scenarioRecord(plan);
  const stored = withListsOf(result.scenario, question);
  const blocking = blockingOf(scenarioDifferences(stored, question));
  if (blocking.length > 0)
    refuse(
      file,
      `The baseline answers another question: ${blocking.map(({ what, a, b }) => `${what} was ${a} and is ${b}`).join('; ')}.`,
      'Save a baseline of this scenario, or check with the one that it was saved from.',
    );
  const { matched } = matchCells(result, plan);
  const missing = plan.cells.filter((cell) => !matched.some(({ b }) => b.id === cell.id)).map(({ id }) => id);
  if (missing.length > 0)
    refuse(
      file,
      `The baseline has no ${missing.join(', ')}.`,
      'Save a baseline that has all cells, or choose with --target and --size.',
    );
  const wanted = new Set(matched.map(({ a }) => a.id));
  const fitting: Result = {
    ...result,
    scenario: stored,
    cells: result.cells.filter(({ id }) => wanted.has(id)),
    // What cannot be done now is told by the plan.
    refused: [],
    runs: result.runs.filter(({ cell }) => wanted.has(cell)),
  };
  const thin = thinCells(fitting);
  if (thin.length > 0)
    refuse(
      file,
      `The baseline has too few usable runs: ${thin.join(', ')}, and ${fewestRuns} are needed.`,
      'Save one with more repetitions.',
    );
  return fitting;
}

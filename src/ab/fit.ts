/** Whether two sides can be judged against each other: asked before any server is started for them. Pure. */
import { matchCells } from '../compare/cells.js';
import { blockingOf, scenarioDifferences } from '../compare/comparability.js';
import { ExitCode, MqbenchError, UsageError } from '../errors.js';
import type { Result } from '../results/schema.js';
import { scenarioRecord } from '../run/session.js';
import type { Plan } from '../scenario/types.js';
import type { AbRecord } from './record.js';

/** What a side answers; a stored result says it itself. */
export type Question = Pick<Result, 'scenario' | 'cells' | 'refused'>;

export function questionOf(plan: Plan): Question {
  return { scenario: scenarioRecord(plan), cells: [...plan.cells], refused: [...plan.refused] };
}

/**
 * @returns what will not be compared, and why, for a person to read
 * @throws MqbenchError exit 5 in a gate, where the sides answer two questions or one has cells that the other lacks:
 *   neither a pass nor a failure would say anything of them
 * @throws UsageError where no cell is left
 */
export function mustFit(kind: AbRecord['kind'], a: Question, b: Question): string[] {
  if (kind === 'check') refuseOtherQuestion(a, b);
  const { matched, unmatched } = matchCells(a, b);
  const left = new Map([...a.refused, ...b.refused].map(({ cell, reason }) => [cell.id, reason]));
  const refusals = [...left].map(([id, reason]) => `${id}: ${reason}`);
  if (kind !== 'ab' && unmatched.length > 0)
    throw new MqbenchError(`Not every cell can be compared: ${unmatched.join(', ')}.`, {
      exitCode: ExitCode.baseline,
      where: 'A is the base, B the candidate',
      hint: `Choose what both have, with --target and --size.${refusals.length === 0 ? '' : ` Left out: ${refusals.join('; ')}.`}`,
    });
  if (matched.length === 0)
    throw new UsageError(`The two variants have no cell in common: ${unmatched.join(', ')}.`, {
      where: 'variants A and B',
      hint: 'Give both one target, or the same ones, and the same sizes.',
    });
  return [
    ...unmatched.map((text) => `note: not compared: ${text}`),
    ...refusals.map((text) => `note: not measured: ${text}`),
  ];
}

function refuseOtherQuestion(a: Question, b: Question): void {
  const blocking = blockingOf(scenarioDifferences(a.scenario, b.scenario));
  if (blocking.length === 0) return;
  throw new MqbenchError(
    `The base answers another question: ${blocking.map(({ what, a: was, b: is }) => `${what} was ${was} and is ${is}`).join('; ')}.`,
    {
      exitCode: ExitCode.baseline,
      where: `scenario ${b.scenario.name}`,
      hint: 'A scenario that was changed has no base yet: gate this change with one that both sides have, and the next one with this.',
    },
  );
}

/** `mqbench check --self-test`: whether this gate, on this machine, catches a slowdown and lets the same thing pass. */
import { join } from 'node:path';
import { gateOf, lossOf } from '../check/gate.js';
import { comparisonJson } from '../compare/json.js';
import { marginText, ratioText } from '../compare/wording.js';
import { ExitCode, UsageError } from '../errors.js';
import { escapeMarkdown } from '../report/markdown.js';
import { addStepSummary } from '../check/github.js';
import { median } from '../stats/summary.js';
import type { GateRules } from '../check/noise.js';
import type { CheckFlags } from './check.js';
import { type AskedSide, endWith, type PairedOutcome, runPaired, say } from './paired.js';

/** The slowdown that is injected: the rate is capped at this share of the measured median. */
export const injected = 0.8;

/**
 * First the gate of the candidate against itself, which also measures its throughput; then against itself with the
 * rate capped at 0.8 of that. Both must come out as they should.
 * @returns 0 when both did; 4 when not: then this gate can decide nothing here; 3 for a failed delivery; 6 for a broker
 *   that was lost
 */
export async function selfTest(side: AskedSide, rules: GateRules, flags: CheckFlags): Promise<ExitCode> {
  if (!flags.json && flags.format !== 'text' && flags.format !== 'json')
    throw new UsageError(`A self-test has no figures for "${flags.format}".`, {
      where: '--format',
      hint: 'It is told as text or as json.',
    });
  const out = (name: string): string | undefined => (flags.out === undefined ? undefined : join(flags.out, name));
  say('self-test 1 of 2: the same against itself');
  const same = await runPaired(
    {
      kind: 'self-test',
      a: side,
      b: side,
      oneCell: true,
      title: 'Self-test: the same against itself',
      out: out('same'),
      ...rules,
    },
    flags,
  );
  const medians = mediansOf(same);
  const early = stopsHere(same);
  if (early !== undefined || medians.size === 0)
    return finish(same, undefined, rules, flags, early ?? ExitCode.inconclusive);
  say(`self-test 2 of 2: against itself, slowed to ${injected}`);
  const slowed = await runPaired(
    {
      kind: 'self-test',
      a: side,
      b: { ...side, variant: { ...side.variant, label: `${side.variant.label}, slowed to ${injected}` } },
      oneCell: true,
      title: `Self-test: slowed to ${injected} by a capped rate`,
      out: out('slowed'),
      brake: true,
      // Of a cell that could not be measured nothing is known; it is judged invalid above.
      loadOf: (cell) => ({ kind: 'rate', perSecond: Math.max(1, (medians.get(cell.id) ?? 1) * injected) }),
      ...rules,
    },
    flags,
  );
  return finish(same, slowed, rules, flags, stopsHere(slowed));
}

function mediansOf({ comparison }: PairedOutcome): Map<string, number> {
  return new Map(
    comparison.cells.flatMap((cell) => {
      const m = cell.metrics.find(({ metric }) => metric.id === 'throughput');
      return m === undefined ? [] : [[cell.b.id, median([...m.a, ...m.b])] as const];
    }),
  );
}

/** What ends the command whatever the speeds: a broken promise, or a broker that was lost. */
function stopsHere({ comparison, error }: PairedOutcome): ExitCode | undefined {
  if (comparison.cells.some(({ overruled }) => overruled?.verdict === 'failed')) return ExitCode.regression;
  // Not the gate's word: of several brokers one is to be caught, and another may be lost.
  return lossOf(comparison, error) === undefined ? undefined : ExitCode.environment;
}

async function finish(
  same: PairedOutcome,
  slowed: PairedOutcome | undefined,
  rules: GateRules,
  flags: CheckFlags,
  forced: ExitCode | undefined,
): Promise<ExitCode> {
  const passed = gateOf(same.comparison, rules.gated);
  const caught = slowed === undefined ? undefined : gateOf(slowed.comparison, ['throughput']);
  const allCaught =
    caught !== undefined && caught.cells.length > 0 && caught.cells.every(({ verdict }) => verdict === 'regressed');
  const achieved = (slowed?.comparison.cells ?? []).flatMap((cell) => {
    const m = cell.metrics.find(({ metric }) => metric.id === 'throughput');
    return m === undefined ? [] : [{ cell: cell.b.id, ratio: m.medianB / m.medianA }];
  });
  const works = passed.word === 'pass' && allCaught;
  const exitCode = forced ?? (works ? ExitCode.ok : ExitCode.inconclusive);
  const losses = [same, ...(slowed === undefined ? [] : [slowed])].flatMap(
    (one) => lossOf(one.comparison, one.error) ?? [],
  );
  const undrawn = same.undrawn ?? slowed?.undrawn;
  if (flags.json || flags.format === 'json') {
    process.stdout.write(
      `${JSON.stringify({ works: exitCode === ExitCode.ok, exitCode, achieved, same: comparisonJson(same.comparison), slowed: slowed === undefined ? null : comparisonJson(slowed.comparison) })}\n`,
    );
    return endWith(exitCode, undrawn);
  }
  const tooWide = rules.margins.throughput >= 1 - injected;
  const lines = [
    `Self-test: ${exitCode === ExitCode.ok ? 'the gate works here' : 'the gate cannot be trusted here'}.`,
    ...losses,
    `The same against itself: ${passed.word}.`,
    ...passed.cells.map(({ text }) => `  ${text}`),
    ...(caught === undefined ? [] : [`Slowed to ${injected}: ${allCaught ? 'caught' : 'not caught everywhere'}.`]),
    ...(caught?.cells ?? []).map(({ text }) => `  ${text}`),
    ...achieved.map(({ cell, ratio }) => `  ${cell}: ${injected} was asked for, ${ratioText(ratio)} was achieved.`),
    ...(!works && tooWide
      ? [
          `A margin of ${marginText(rules.margins.throughput)} lets a slowdown to ${injected} pass; this machine needs it that wide (mqbench noise).`,
        ]
      : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  await addStepSummary(`${lines.map((line) => escapeMarkdown(line.trim())).join('\n\n')}\n`, process.env, (text) =>
    say(`warning: ${text}`),
  );
  return endWith(exitCode, undrawn);
}

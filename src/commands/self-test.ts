/** `mqbench check --self-test`: whether this gate, on this machine, catches a slowdown and lets the same thing pass. */
import { join, resolve } from 'node:path';
import { annotation } from '../check/github.js';
import { casesXml } from '../check/junit.js';
import type { GateRules } from '../check/noise.js';
import { brakeAt, injected, type SelfTestOutcome, selfTestOf, stopsHere } from '../check/self-test.js';
import { comparisonJson } from '../compare/json.js';
import { ExitCode, UsageError } from '../errors.js';
import { escapeMarkdown } from '../report/markdown.js';
import { refuseExisting } from '../results/store.js';
import type { CheckFlags } from './check.js';
import { endWith } from './exit-codes.js';
import { type AskedSide, type PairedOutcome, runPaired, say } from './paired.js';
import { tellBuild } from './tell-build.js';

/**
 * First the gate of the candidate against itself, which also measures its throughput; then against itself with the
 * rate capped at 0.8 of that and of what the other side measures meanwhile. Both must come out as they should.
 * @returns 0 when both did; 4 when not: then this gate can decide nothing here; 3 for a failed delivery; 6 for a broker
 *   that was lost
 */
export async function selfTest(side: AskedSide, rules: GateRules, flags: CheckFlags): Promise<ExitCode> {
  if (!flags.json && flags.format !== 'text' && flags.format !== 'json')
    throw new UsageError(`A self-test has no figures for "${flags.format}".`, {
      where: '--format',
      hint: 'It is told as text or as json.',
    });
  if (flags.out !== undefined) await refuseExisting(resolve(flags.out));
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
  const before = throughputsOf(same);
  if (stopsHere(same) !== undefined || before.size === 0)
    return tell([same], selfTestOf(same, undefined, rules), flags);
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
      loadOf: ({ id }, since) => ({ kind: 'rate', perSecond: brakeAt(before.get(id) ?? [], since), cap: true }),
      ...rules,
      // All that is braked, and so all that may keep it going.
      gated: ['throughput'],
    },
    flags,
  );
  return tell([same, slowed], selfTestOf(same, slowed, rules), flags);
}

/** By cell, in messages a second. */
function throughputsOf({ comparison }: PairedOutcome): Map<string, readonly number[]> {
  return new Map(
    comparison.cells.flatMap((cell) => {
      const m = cell.metrics.find(({ metric }) => metric.id === 'throughput');
      return m === undefined ? [] : [[cell.b.id, m.a] as const];
    }),
  );
}

/** Writes its files, where it is known where to, tells GitHub, prints the result. */
async function tell(
  [same, slowed]: readonly [PairedOutcome, PairedOutcome?],
  { exitCode, achieved, headline, lines, cases }: SelfTestOutcome,
  flags: CheckFlags,
): Promise<ExitCode> {
  const markdown = `# mqbench: ${escapeMarkdown(headline)}\n\n${lines.map((line) => escapeMarkdown(line.trim())).join('\n\n')}\n`;
  const unwritten = await tellBuild(flags.out, {
    markdown,
    junit: casesXml(cases, 'mqbench check --self-test'),
    annotations: annotation(levelOf(exitCode), 'mqbench', [headline, ...lines].join('\n')),
  });
  process.stdout.write(
    flags.json || flags.format === 'json'
      ? `${JSON.stringify({ works: exitCode === ExitCode.ok, exitCode, achieved, same: comparisonJson(same.comparison), slowed: slowed === undefined ? null : comparisonJson(slowed.comparison) })}\n`
      : `${[headline, ...lines].join('\n')}\n`,
  );
  return endWith(exitCode, same.undrawn ?? slowed?.undrawn ?? unwritten);
}

function levelOf(exitCode: ExitCode): 'notice' | 'warning' | 'error' {
  if (exitCode === ExitCode.ok) return 'notice';
  return exitCode === ExitCode.inconclusive ? 'warning' : 'error';
}

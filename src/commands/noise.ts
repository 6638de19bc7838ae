/** `mqbench noise`: the same against itself, to learn what this machine can see and which margins fit it. */
import { readVariant, sameWord } from '../ab/variant.js';
import { gateOf, lossOf } from '../check/gate.js';
import { type CellNoise, marginsFile, writeMargins } from '../check/margins-file.js';
import { fittingMargins, lackingIn, noiseOf } from '../check/noise.js';
import { questionDigest } from '../compare/comparability.js';
import { marginText } from '../compare/wording.js';
import { metricIds, metrics } from '../compare/metrics.js';
import { ExitCode, MqbenchError, UsageError } from '../errors.js';
import { pairsRange, standardLooks } from '../stats/sequence.js';
import { defaultMargins } from '../compare/metrics.js';
import { endWith } from './exit-codes.js';
import { type PairedFlags, runPaired, whereText } from './paired.js';
import { textTable } from './text-table.js';

/** Pairs where nobody says otherwise: the scatter is then known to within a quarter. */
const defaultPairs = 10;

/**
 * @returns 0; 3 for a failed delivery, 4 where nothing could be used, 6 when a broker was lost: then no margins are written
 */
export async function noise(flags: PairedFlags): Promise<ExitCode> {
  const pairs = flags.pairs === undefined ? defaultPairs : /^\d{1,3}$/.test(flags.pairs) ? Number(flags.pairs) : NaN;
  if (!(pairs >= pairsRange.min && pairs <= pairsRange.max))
    throw new UsageError(`"${flags.pairs ?? ''}" is no number of pairs.`, {
      where: '--pairs',
      hint: `From ${pairsRange.min} to ${pairsRange.max}.`,
    });
  const side = { variant: readVariant(sameWord, 'A', () => ({})), failsWith: ExitCode.environment };
  const session = await runPaired(
    {
      kind: 'noise',
      a: side,
      b: side,
      oneCell: true,
      looks: [pairs],
      gated: ['throughput'],
      margins: defaultMargins,
      title: 'Noise: the same against itself',
      out: flags.out,
    },
    flags,
  );
  const rows = noiseOf(session.comparison);
  const gate = gateOf(session.comparison, metricIds, session.error);
  if (gate.cells.some(({ verdict }) => verdict === 'failed'))
    return ended(ExitCode.regression, gate.summary, session.folder);
  const loss = lossOf(session.comparison, session.error);
  if (loss !== undefined) return ended(ExitCode.environment, loss, session.folder);
  const lacking = lackingIn(session.comparison, pairs);
  if (lacking !== undefined) return ended(ExitCode.inconclusive, lacking, session.folder);
  const { environment, scenario } = session.comparison.b;
  const found = session.comparison.cells.map(({ b: { id }, label }) => ({
    scenario: scenario.name,
    question: questionDigest(scenario),
    cell: id,
    madeAt: new Date().toISOString(),
    pairs,
    ...fittingMargins(rows, label),
  }));
  // What many pairs have shown is told, wherever it cannot be written.
  const unwritten = await writeMargins(environment.fingerprint, found).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  if (flags.json)
    process.stdout.write(
      `${JSON.stringify({ folder: session.folder, file: unwritten === undefined ? marginsFile : null, fitting: found, cells: rows })}\n`,
    );
  else
    process.stdout.write(
      [
        `What ${pairs} pairs of the same against itself show of this machine:`,
        '',
        textTable(
          ['CELL', 'FIGURE', 'SCATTER OF A PAIR', ...standardLooks.map((n) => `SEEN IN ${n}`)],
          rows.map((row) => [
            row.cell,
            row.label,
            marginText(row.sd),
            ...row.detectable.map(({ share }) => marginText(share)),
          ]),
          [2, 3, 4, 5],
        ),
        'Seen in n pairs: how much worse a figure must get to be told from nothing in 95 of 100 cases.',
        `The scatter itself is known to within about ${marginText(1 / Math.sqrt(2 * pairs))} of its value.`,
        '',
        unwritten === undefined
          ? `Margins that fit, written to ${marginsFile} for \`mqbench check\` of the same scenario and cells:`
          : 'Margins that fit, for --margin of `mqbench check`, as they could not be written:',
        ...found.map(({ cell, margins }) => `  ${cell}: ${marginsText(margins)}`),
        whereText(session),
        '',
      ].join('\n'),
    );
  return endWith(ExitCode.ok, unwritten ?? session.undrawn);
}

function marginsText(margins: CellNoise['margins']): string {
  return metrics
    .flatMap(({ id, label }) => {
      const margin = margins[id];
      return margin === undefined ? [] : [`${label} ${marginText(margin)}`];
    })
    .join(', ');
}

function ended(exitCode: ExitCode, summary: string, folder: string): never {
  throw new MqbenchError(`No margins were written: ${summary}`, {
    exitCode,
    where: folder,
    hint: `What went wrong stands in ${folder}/summary.md; mend it and run \`mqbench noise\` again.`,
  });
}

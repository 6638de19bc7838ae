/** `mqbench ab`: two variants in one session, paired, until decided or the cap is reached. */
import { readVariant } from '../ab/variant.js';
import { comparisonJson } from '../compare/json.js';
import { comparisonDocument } from '../compare/report.js';
import { ExitCode } from '../errors.js';
import { renderTerminal } from '../report/table.js';
import { answerCode, lossOf } from '../check/gate.js';
import { endWith } from './exit-codes.js';
import { readMargins } from './margin-flags.js';
import { type PairedFlags, readLooks, runPaired, whereText } from './paired.js';
import { wantsColour } from './print-error.js';

/**
 * @returns 0 whichever is faster; 3 when a delivery failed, 6 when a broker was lost, 4 when nothing could be used
 * @throws MqbenchError when a variant or a server cannot be had
 */
export async function ab(a: string, b: string, flags: PairedFlags): Promise<ExitCode> {
  const target = (word: string): { target: string } => ({ target: word });
  const [variantA, variantB] = [readVariant(a, 'variant A', target), readVariant(b, 'variant B', target)];
  const title = `${variantB.label} compared with ${variantA.label}`;
  const outcome = await runPaired(
    {
      kind: 'ab',
      a: { variant: variantA, failsWith: ExitCode.environment },
      b: { variant: variantB, failsWith: ExitCode.environment },
      oneCell: false,
      looks: readLooks(flags.pairs),
      gated: ['throughput'],
      margins: readMargins(flags.margin ?? []),
      title,
      out: flags.out,
    },
    flags,
  );
  const { folder, comparison, error, undrawn } = outcome;
  if (flags.json) process.stdout.write(`${JSON.stringify({ folder, ...comparisonJson(comparison) })}\n`);
  else {
    const document = comparisonDocument([comparison], ['throughput'], { title, lead: [] });
    const terminal = { columns: process.stdout.columns ?? 120, color: wantsColour(process.stdout, process.env) };
    process.stdout.write(`${renderTerminal(document, terminal)}\n\n${whereText(outcome)}\n`);
  }
  // Slower is an answer here; a broken promise and an unusable measurement are not.
  const answer = endWith(answerCode(comparison), error ?? undrawn);
  return answer !== ExitCode.regression && lossOf(comparison, error) !== undefined ? ExitCode.environment : answer;
}

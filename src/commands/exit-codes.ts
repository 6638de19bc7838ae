/** Which exit code a command ends with when more than one thing went wrong. */
import { ExitCode, messageOf } from '../errors.js';
import { redact } from '../results/redact.js';

/** From what says least to what says most: a broken promise or a regression must not hide behind a broker that died. */
const bySeverity: readonly ExitCode[] = [
  ExitCode.ok,
  ExitCode.inconclusive,
  ExitCode.usage,
  ExitCode.baseline,
  ExitCode.environment,
  ExitCode.bug,
  ExitCode.regression,
  ExitCode.interrupted,
];

/** The one of two exit codes that a command which did both ends with. */
export function worseOf(a: ExitCode, b: ExitCode): ExitCode {
  return bySeverity.indexOf(b) > bySeverity.indexOf(a) ? b : a;
}

/**
 * The exit code of a command that has told all it has to tell.
 * @param trouble what kept it from telling or measuring more; a broken promise and a confirmed regression stand all the same
 * @throws the trouble, where neither was found
 */
export function endWith(exitCode: ExitCode, trouble: Error | undefined): ExitCode {
  if (trouble === undefined) return exitCode;
  if (exitCode !== ExitCode.regression) throw trouble;
  process.stderr.write(`warning: ${redact(messageOf(trouble))}\n`);
  return exitCode;
}

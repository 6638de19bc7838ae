/** The one place where errors become text: what is wrong, where, what to do; and the exit code. */
import pc from 'picocolors';
import { ExitCode, MqbenchError, ScenarioError, messageOf, systemError, type ScenarioIssue } from '../errors.js';
import { redact } from '../results/redact.js';

/** More mistakes than this are counted, not listed: a wrong file is recognised by the first. */
const mostIssues = 50;

/** Colour only on a terminal and never with NO_COLOR (https://no-color.org). */
export function wantsColour(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

function placeOf(file: string, issue: ScenarioIssue): string {
  // A flag is its own place.
  if (issue.key?.startsWith('--')) return `${issue.key}:`;
  const line = issue.line === undefined ? '' : `:${issue.line}:${issue.column ?? 1}`;
  return `${file}${line}${issue.key === undefined ? '' : ` ${issue.key}`}:`;
}

/** On one line and without control characters: a name in a file or a folder must not act on the terminal. */
function quiet(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** An error as text for stderr, with a line break at its end. */
export function formatError(thrown: unknown, options: { colour: boolean; debug: boolean }): string {
  const error = systemError(thrown) ?? thrown;
  const { bold, red, dim } = pc.createColors(options.colour);
  const lines: string[] = [];
  if (error instanceof MqbenchError) {
    lines.push(`${bold(red('mqbench:'))} ${quiet(error.message)}`);
    if (error instanceof ScenarioError) {
      for (const issue of error.issues.slice(0, mostIssues))
        lines.push(
          `  ${bold(quiet(placeOf(error.file, issue)))} ${quiet(issue.message)}${issue.hint === undefined ? '' : dim(` (${quiet(issue.hint)})`)}`,
        );
      const rest = error.issues.length - mostIssues;
      if (rest > 0) lines.push(`  and ${rest} more`);
    } else {
      if (error.details.where !== undefined) lines.push(`  ${bold('where:')} ${quiet(error.details.where)}`);
      if (error.details.hint !== undefined) lines.push(`  ${bold('hint:')} ${quiet(error.details.hint)}`);
    }
  } else {
    lines.push(
      `${bold(red('mqbench:'))} this is a bug in mqbench: ${quiet(messageOf(error))}`,
      `  ${bold('hint:')} please report it with the command and, from MQBENCH_DEBUG=1, the stack trace`,
    );
  }
  if (options.debug && error instanceof Error && error.stack !== undefined) lines.push(dim(error.stack));
  return redact(`${lines.join('\n')}\n`);
}

/** Tells an error on stderr; with its stack where MQBENCH_DEBUG is 1. */
export function printError(error: unknown): void {
  const colour = wantsColour(process.stderr, process.env);
  process.stderr.write(formatError(error, { colour, debug: process.env['MQBENCH_DEBUG'] === '1' }));
}

/** The exit code that an error ends the command with. */
export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof MqbenchError) return error.exitCode;
  return systemError(error)?.exitCode ?? ExitCode.bug;
}

/** The one place where errors become text: what is wrong, where, what to do; and the exit code. */
import pc from 'picocolors';
import { ExitCode, MqbenchError, ScenarioError, messageOf, type ScenarioIssue } from '../errors.js';
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

/** An error as text for stderr, with a line break at its end. */
export function formatError(error: unknown, options: { colour: boolean; debug: boolean }): string {
  const { bold, red, dim } = pc.createColors(options.colour);
  const lines: string[] = [];
  if (error instanceof MqbenchError) {
    lines.push(`${bold(red('mqbench:'))} ${error.message}`);
    if (error instanceof ScenarioError) {
      for (const issue of error.issues.slice(0, mostIssues))
        lines.push(
          `  ${bold(placeOf(error.file, issue))} ${issue.message}${issue.hint === undefined ? '' : dim(` (${issue.hint})`)}`,
        );
      const rest = error.issues.length - mostIssues;
      if (rest > 0) lines.push(`  and ${rest} more`);
    } else {
      if (error.details.where !== undefined) lines.push(`  ${bold('where:')} ${error.details.where}`);
      if (error.details.hint !== undefined) lines.push(`  ${bold('hint:')} ${error.details.hint}`);
    }
  } else {
    lines.push(
      `${bold(red('mqbench:'))} this is a bug in mqbench: ${messageOf(error)}`,
      `  ${bold('hint:')} please report it with the command and, from MQBENCH_DEBUG=1, the stack trace`,
    );
  }
  if (options.debug && error instanceof Error && error.stack !== undefined) lines.push(dim(error.stack));
  return redact(`${lines.join('\n')}\n`);
}

/** The exit code that an error ends the command with. */
export function exitCodeFor(error: unknown): ExitCode {
  return error instanceof MqbenchError ? error.exitCode : ExitCode.bug;
}

/** A gate that could not be made, told where a build is looked at, as a verdict would be. */
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addStepSummary, annotation } from '../check/github.js';
import { casesXml } from '../check/junit.js';
import { ExitCode, messageOf } from '../errors.js';
import { escapeMarkdown } from '../report/markdown.js';
import { writeWhole } from '../results/store.js';
import { say } from './paired.js';
import { exitCodeFor, formatError } from './print-error.js';

const files = { summary: 'summary.md', junit: 'junit.xml' } as const;
const heading = (what: string, word: string): string => `# mqbench: ${what}: ${word}`;

/**
 * Where an error may be written: a folder that is not there before the gate begins, so that nobody's files are touched.
 * What an earlier gate left that could not be made, and nothing else, makes way for the next.
 * @param out the folder asked for, if any
 * @returns undefined where there is none of that kind
 */
export async function placeForError(out: string | undefined): Promise<string | undefined> {
  if (out === undefined) return undefined;
  try {
    const there = await readdir(out);
    const ours: readonly string[] = Object.values(files);
    if (!there.includes(files.summary) || !there.every((name) => ours.includes(name))) return undefined;
    const summary = await readFile(join(out, files.summary), 'utf8');
    if (!/^# mqbench: (Gate|Self-test): (error|broken)\n/.test(summary)) return undefined;
    for (const name of there) await rm(join(out, name));
    await rmdir(out);
    return out;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? out : undefined;
  }
}

/**
 * Writes summary.md and junit.xml and tells GitHub. A verdict that is there already stays below: what broke came after
 * it. What cannot be told here does not hide the error itself.
 * @param folder from {@link placeForError}
 */
export async function tellError(error: unknown, folder: string | undefined, what: 'Gate' | 'Self-test'): Promise<void> {
  const text = formatError(error, { colour: false, debug: false })
    .trim()
    .replace(/^mqbench: /, '');
  const word = exitCodeFor(error) === ExitCode.environment ? 'broken' : 'error';
  const paragraphs = text.split('\n').map((line) => escapeMarkdown(line.trim()));
  const markdown = `${heading(what, word)}\n\n${paragraphs.join('\n\n')}\n`;
  await addStepSummary(markdown, process.env, (problem) => say(`warning: ${problem}`));
  if (process.env['GITHUB_ACTIONS'] === 'true') process.stderr.write(annotation('error', 'mqbench', text));
  if (folder === undefined) return;
  try {
    await mkdir(folder, { recursive: true });
    const summary = join(folder, files.summary);
    const verdict = await readFile(summary, 'utf8').catch(() => '');
    await writeWhole(summary, verdict === '' ? markdown : `${markdown}\n${verdict}`);
    const junit = join(folder, files.junit);
    const judged = await readFile(junit, 'utf8').catch(() => '');
    if (judged === '')
      await writeWhole(junit, casesXml([{ of: 'mqbench', name: what, ends: 'error', text }], 'mqbench check'));
  } catch (problem) {
    say(`warning: the error cannot be written to ${folder}: ${messageOf(problem)}`);
  }
}

/** Shell completion: the scripts, and what is suggested; made from the program itself, so that it knows every flag. */
import completions, { type Command as Node, type Complete } from '@bomb.sh/tab';
import type { Argument, Command, Option } from 'commander';
import { builtInTargets } from '../scenario/targets.js';
import { shippedScenarios } from '../scenario/find.js';
import { serverIds } from '../servers/provider.js';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** Prints the script that makes the shell ask mqbench. */
export function printCompletionScript(shell: (typeof shells)[number]): void {
  completions.setup('mqbench', 'mqbench', shell);
}

/**
 * Prints suggestions, as the script asks for them.
 * @param words what has been typed after `mqbench`; the last is what is to be completed
 */
export function printCompletions(program: Command, words: readonly string[]): void {
  describe(program, completions, '');
  completions.parse([...words]);
}

function describe(command: Command, node: Node, path: string): void {
  const help = command.createHelp();
  for (const option of help.visibleOptions(command)) {
    const long = option.long?.slice(2);
    if (long === undefined) continue;
    const short = option.short?.slice(1);
    const takesValue = option.required || option.optional;
    if (takesValue) node.option(long, option.description, (complete) => suggestAll(complete, valuesOf(option)), short);
    else if (short === undefined) node.option(long, option.description);
    else node.option(long, option.description, short);
  }
  for (const argument of command.registeredArguments)
    node.argument(argument.name(), (complete) => suggestAll(complete, wordsOf(argument)), argument.variadic);
  for (const child of help.visibleCommands(command)) {
    const name = path === '' ? child.name() : `${path} ${child.name()}`;
    describe(child, completions.command(name, child.description()), name);
  }
}

function suggestAll(complete: Complete, words: readonly string[]): void {
  for (const word of words) complete(word, '');
}

function valuesOf(option: Option): readonly string[] {
  if (option.argChoices !== undefined) return option.argChoices;
  if (option.long === '--target') return [...builtInTargets.keys()];
  return option.long === '--guarantee' ? ['at-most-once', 'at-least-once', 'replicated'] : [];
}

function wordsOf(argument: Argument): readonly string[] {
  if (argument.argChoices !== undefined) return argument.argChoices;
  if (argument.name() === 'target') return serverIds;
  return ['scenario', 'file'].includes(argument.name()) ? shippedScenarios().map(({ name }) => name) : [];
}

/** Options of a target that hold lists: a target for each combination of their values, named after what it has of its own. */
import type { z } from 'zod';
import type { Mistake } from './issues.js';
import { limits } from './limits.js';
import { show } from './show.js';
import { identifier } from './values.js';

type Options = Readonly<Record<string, unknown>>;

/** One combination. */
export interface OptionChoice {
  /** e.g. `rabbitmq-queueType-quorum`; without lists the target's own. */
  readonly name: string;
  /** With one value of each list. */
  readonly options: Options;
  /** Where those values stand in their lists. */
  readonly places: ReadonlyMap<string, readonly [number]>;
}

const name = identifier('a name');

/** Whether the option takes a list as its one value; of an option that is not known its schema says so. */
function takesList(schema: z.ZodType, option: string, value: unknown): boolean {
  const shape = (schema as { shape?: Readonly<Record<string, z.ZodType>> }).shape;
  return shape?.[option]?.safeParse(value).success ?? true;
}

/**
 * Every combination, the last option changing fastest.
 * @param target the name that the scenario gives it
 * @param schema of the adapter's options
 * @param path where the options stand
 */
export function optionChoices(
  target: string,
  options: Options,
  schema: z.ZodType,
  path: Mistake['path'],
): { choices: OptionChoice[]; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  let choices: OptionChoice[] = [{ name: target, options, places: new Map() }];
  for (const [option, values] of Object.entries(options)) {
    if (!Array.isArray(values) || takesList(schema, option, values)) continue;
    const wrong = (place: number | undefined, message: string, hint: string): void =>
      void mistakes.push({
        path: [...path, option, ...(place === undefined ? [] : [place])],
        atKey: false,
        message,
        hint,
      });
    if (values.length === 0 || values.length > limits.axis.max) {
      wrong(
        undefined,
        `a list here makes a target of each value, and has ${values.length}`,
        `allowed: ${limits.axis.min} to ${limits.axis.max}`,
      );
      continue;
    }
    const listed = values as readonly unknown[];
    listed.forEach((value, place) => {
      if (!['string', 'number', 'boolean'].includes(typeof value))
        wrong(place, `expected a word, a number, true or false, got ${show(value)}`, 'its target is named after it');
      else if (listed.indexOf(value) < place) wrong(place, `${show(value)} stands here twice`, 'keep one of them');
    });
    const several = listed.length > 1;
    if (choices.length * listed.length > limits.targets.max) {
      wrong(undefined, 'the lists of these options make too many targets', `allowed: up to ${limits.targets.max}`);
      break;
    }
    choices = choices.flatMap((choice) =>
      listed.map((value, place): OptionChoice => ({
        name: several ? `${choice.name}-${option}-${String(value)}` : choice.name,
        options: { ...choice.options, [option]: value },
        places: new Map([...choice.places, [option, [place] as const]]),
      })),
    );
  }
  for (const choice of mistakes.length > 0 ? [] : choices)
    if (choice.places.size > 0 && !name.safeParse(choice.name).success)
      mistakes.push({
        path: [...path],
        atKey: true,
        message: `the target of these options would be called ${show(choice.name)}, which is no name`,
        hint: 'write a variant of a name of its own for each value',
      });
  return { choices, mistakes };
}

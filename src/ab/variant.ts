/**
 * A variant: what one side of a comparison differs in. Written as the name of a target, as `key=value,key=value`, as
 * a YAML file with the same keys, or as `same` for nothing at all.
 */
import { z } from 'zod';
import { ScenarioError, type ScenarioIssue, UsageError } from '../errors.js';
import { nearest } from '../nearest.js';
import { redactData, redactValue } from '../results/redact.js';
import { readScenarioText } from '../scenario/find.js';
import { keyOf, mistakesOf } from '../scenario/issues.js';
import { limits } from '../scenario/limits.js';
import { readYaml } from '../scenario/yaml.js';
import { settingOf, splitSettings, withoutSecrets } from './settings.js';

const text = z.string().min(1, 'is empty');
const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const shape = {
  /** A label for tables and plots. */
  name: text.optional(),
  /** The target to measure, of the scenario or built in; all of the scenario's otherwise. */
  target: text.optional(),
  /** The adapter's options, on top of the target's. */
  options: z.record(z.string(), z.unknown()).optional(),
  prefetch: z.number().int().min(limits.prefetch.min).max(limits.prefetch.max).optional(),
  /** A server that runs already; never with a user or password. */
  url: text
    .refine((value) => !value.includes('@'), {
      error: 'an address here cannot carry a user or password; set MQBENCH_A_<TARGET>_URL or MQBENCH_B_<TARGET>_URL',
    })
    .optional(),
  /** A container image of the server, for its own version (needs Docker). */
  image: text.optional(),
  /** Lines of the broker's own configuration file, for a local Kafka or RabbitMQ. */
  config: z.record(z.string(), scalar).optional(),
  /** Environment variables of producers, consumers and `prepare`. */
  env: z.record(z.string(), scalar).optional(),
  /** The client library: `package@version`, or a folder whose node_modules has it. */
  client: text.optional(),
  /** An adapter of one's own: a module. */
  adapter: text.optional(),
  /** A git commit, branch or tag of the working folder's repository, checked out for this variant. */
  ref: text.optional(),
  /** A shell command that is run before, in the checkout or the working folder. */
  prepare: text.optional(),
} as const;
const variantSchema = z.strictObject(shape);
const keys = Object.keys(shape);
/** Keys whose values are maps, written `key.name=value`. */
const maps: readonly string[] = ['options', 'config', 'env'];

export type Variant = z.infer<typeof variantSchema> & {
  /** How a person wrote it, without secrets. */
  readonly label: string;
};

/** Nothing changed. */
export const sameWord = 'same';

/**
 * Reads a variant as it stands on the command line.
 * @param place which argument, for messages
 * @param bareIs what a single word names when it is no file: a target in `ab`, a git ref after `--base`
 * @throws UsageError, or ScenarioError with every mistake of a file
 */
export function readVariant(written: string, place: string, bareIs: (word: string) => Partial<Variant>): Variant {
  if (written.trim() === '')
    throw new UsageError('A variant is empty.', { where: place, hint: 'Write "same" for one that changes nothing.' });
  if (written === sameWord) return { label: sameWord };
  if (/\.ya?ml$/.test(written)) return readFile(written);
  if (!written.includes('=')) return { ...judge(bareIs(written), place), label: written };
  return readSettings([written], place);
}

/**
 * Settings as `key=value`, each text possibly with several, comma-separated.
 * @throws UsageError with the first mistake
 */
export function readSettings(written: readonly string[], place: string): Variant {
  const data: Record<string, unknown> = {};
  for (const setting of written.flatMap(splitSettings)) {
    const at = setting.indexOf('=');
    const [key, value] = [setting.slice(0, Math.max(0, at)).trim(), setting.slice(at + 1)];
    if (at <= 0)
      throw new UsageError(`"${withoutSecrets(setting)}" is no setting.`, {
        where: place,
        hint: `Write key=value; keys: ${spelled()}.`,
      });
    const [map = '', ...rest] = key.split('.');
    if (maps.includes(map)) {
      if (rest.length === 0)
        throw new UsageError(`"${map}" has several settings, each with a name of its own.`, {
          where: place,
          hint: `Write ${map}.<name>=value.`,
        });
      const inner = (data[map] ??= {}) as Record<string, unknown>;
      inner[rest.join('.')] = map === 'options' ? settingOf(value) : value;
    } else data[key] = key === 'prefetch' ? settingOf(value) : value;
  }
  return { ...judge(data, place), label: withoutSecrets(written.join(',')) };
}

/**
 * What a variant asks for, by the key that one would write, without secrets.
 * @param commit that its git ref was
 */
export function variantFacts({ label: _, ...asked }: Variant, commit?: string): Record<string, string> {
  const told = (key: string, value: unknown): [string, string] => {
    const text = typeof value === 'string' ? value : JSON.stringify(redactData(value));
    return [key, redactValue(key, text)];
  };
  const facts = Object.entries(asked).flatMap(([key, value]) =>
    typeof value === 'object'
      ? Object.entries(value).map(([name, inner]) => told(`${key}.${name}`, inner))
      : [told(key, value)],
  );
  return Object.fromEntries([...facts, ...(commit === undefined ? [] : [['commit', commit] as const])]);
}

/** A variant with the settings of both sides under its own. */
export function withCommon(own: Variant, common: Variant): Variant {
  const merged = <T>(one: Record<string, T> | undefined, other: Record<string, T> | undefined) =>
    one === undefined && other === undefined ? undefined : { ...one, ...other };
  const all = {
    options: merged(common.options, own.options),
    config: merged(common.config, own.config),
    env: merged(common.env, own.env),
  };
  // A map that is there, even an empty one, asks for something: a server of its own, for example.
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { ...common, ...own, ...given };
}

function spelled(): string {
  return keys.map((key) => (maps.includes(key) ? `${key}.<name>` : key)).join(', ');
}

function judge(data: unknown, place: string): z.infer<typeof variantSchema> {
  const parsed = variantSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [first] = mistakesOf(parsed.error, [], (path) => (path.length === 0 ? keys : []));
  const key = first === undefined ? '' : keyOf(first.path);
  const near = nearest(key, keys);
  throw new UsageError(
    `The variant's ${key === '' ? 'settings are wrong' : `"${key}" ${first?.message ?? 'is wrong'}`}.`,
    {
      where: place,
      hint:
        first?.atKey === true && near === undefined ? `Keys: ${spelled()}.` : (first?.hint ?? `Keys: ${spelled()}.`),
    },
  );
}

function readFile(file: string): Variant {
  const yaml = readYaml(readScenarioText(file));
  const issues: ScenarioIssue[] = [...yaml.issues];
  if (issues.length === 0) {
    const parsed = variantSchema.safeParse(yaml.data ?? {});
    if (parsed.success) return { ...parsed.data, label: parsed.data.name ?? file };
    for (const { path, atKey, message, hint } of mistakesOf(parsed.error, [], (at) => (at.length === 0 ? keys : [])))
      issues.push({ ...yaml.placeOf(path, atKey), key: keyOf(path), message, ...(hint === undefined ? {} : { hint }) });
  }
  throw new ScenarioError(file, issues);
}

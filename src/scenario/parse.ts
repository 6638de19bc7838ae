/** A scenario file's text becomes a scenario, or every mistake in it at once with line, column, key and a way out. */
import { randomInt } from 'node:crypto';
import { dirname } from 'node:path';
import { loadAdapter as loadShipped } from '../brokers/registry.js';
import { ScenarioError, type ScenarioIssue } from '../errors.js';
import { cellCount, type CellSource, isCalled } from './cells.js';
import { type Asked, contradictions, contradictionsOfCells } from './contradictions.js';
import { keyOf, mistakesOf, unknownKey, type Mistake } from './issues.js';
import { limits } from './limits.js';
import { loadKey, payloadKey, weightsKey } from './axis-keys.js';
import { firstOf, type Listed, loadsByKey, matrixMistakes, matrixOf, payloadsByKey } from './matrix.js';
import type { CellsAsked } from './matrix-schema.js';
import type { PayloadSpec } from '../payload/spec.js';
import { definitionOf } from './pattern-schema.js';
import { type ResolveContext, resolveSpec } from './resolve-spec.js';
import { mayHoldList, onlyOne } from './one-value.js';
import { fieldNames, fields, knownKeys, type FieldName, type Fields } from './schema.js';
import { findPayload, type PayloadAsked } from './payload-schema.js';
import { show } from './show.js';
import { mostSize } from './sizes.js';
import type { AdapterFacts, KnownTargets, LoadAdapter } from './targets.js';
import { builtInTargets } from './targets.js';
import type { CellPattern, NamedValues, Scenario, Target } from './types.js';
import { formatSize } from './units.js';
import { readYaml } from './yaml.js';

type Raw = Readonly<Record<string, unknown>>;

const missingHints: Partial<Record<FieldName, string>> = {
  name: 'give the scenario a name, for example name: my-scenario',
  targets: 'say what to measure, for example targets: [rabbitmq, kafka, activemq]',
  sizes: 'say how large the bodies are, for example sizes: [100B, 1KB]',
};

/**
 * Reads a scenario.
 * @param file the name to show in messages
 * @param loadAdapter where the schemas of the targets' options come from
 * @param known the targets that can be named
 * @throws ScenarioError with every mistake found
 */
export async function parseScenario(
  text: string,
  file: string,
  loadAdapter: LoadAdapter = loadShipped,
  known: KnownTargets = builtInTargets,
): Promise<Scenario> {
  const yaml = readYaml(text);
  const issues: ScenarioIssue[] = [...yaml.issues];
  if (yaml.data === undefined || yaml.data === null) {
    if (issues.length === 0)
      issues.push({ message: 'the file is empty', hint: 'scenarios/round-robin.yaml is a start' });
    throw new ScenarioError(file, issues);
  }
  if (typeof yaml.data !== 'object' || Array.isArray(yaml.data)) {
    issues.push({
      ...yaml.placeOf([], false),
      message: `expected a map of keys, got ${show(yaml.data)}`,
      hint: 'a scenario starts with name: …',
    });
    throw new ScenarioError(file, issues);
  }
  const raw = yaml.data as Raw;
  const { values, mistakes } = readFields(raw);
  const { targets, mistakes: inTargets } = await readTargets(raw['targets'], {
    loadAdapter,
    known,
    folder: dirname(file),
  });
  const { settled, mistakes: inFiles } = settle(values, raw, file);
  const all = [
    ...mistakes,
    ...inTargets,
    ...inFiles,
    ...(await together(raw, settled, targets, { loadAdapter, known })),
  ];
  for (const { path, atKey, message, hint } of all)
    issues.push({
      ...(has(raw, path) ? yaml.placeOf(path, atKey) : {}),
      key: keyOf(path),
      message: asWritten(message, () => yaml.sourceOf(path)),
      ...(hint === undefined ? {} : { hint }),
    });
  if (issues.length > 0) throw new ScenarioError(file, sorted(issues));
  return assemble(settled as Settled, targets);
}

/** A missing key has no line; whatever stands in the file has one. */
function has(raw: Raw, path: Mistake['path']): boolean {
  return path.length > 0 && Object.hasOwn(raw, String(path[0]));
}

/**
 * A message that quotes a number, with that number as it stands in the file: who wrote 1e12 looks for 1e12.
 * @param sourceOf is asked for numbers alone: thousands of other mistakes would each search the file
 */
function asWritten(message: string, sourceOf: () => string | undefined): string {
  const [quoted = ''] = message.split(' ', 1);
  if (quoted !== 'NaN' && Number.isNaN(Number(quoted))) return message;
  const source = sourceOf();
  if (source === undefined || source.length > 40) return message;
  // What YAML has words of its own for; other spellings that JavaScript does not share stay as they were read.
  const read = { '.inf': Infinity, '-.inf': -Infinity, '.nan': NaN }[source.toLowerCase()] ?? Number(source);
  return quoted === String(read) ? source + message.slice(quoted.length) : message;
}

function sorted(issues: readonly ScenarioIssue[]): ScenarioIssue[] {
  const line = (issue: ScenarioIssue): number => issue.line ?? Number.MAX_SAFE_INTEGER;
  const unique = new Map(issues.map((issue) => [JSON.stringify(issue), issue]));
  return [...unique.values()].sort((a, b) => line(a) - line(b) || (a.column ?? 0) - (b.column ?? 0));
}

/** Every field by itself, so that a mistake in one hides none in another. */
function readFields(raw: Raw): { values: Partial<Fields>; mistakes: Mistake[] } {
  const values: Record<string, unknown> = {};
  const mistakes: Mistake[] = [];
  for (const key of Object.keys(raw))
    if (!(fieldNames as readonly string[]).includes(key)) mistakes.push(unknownKey([], key, fieldNames));
  for (const name of fieldNames) {
    const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (value === undefined && missingHints[name] !== undefined) {
      mistakes.push({ path: [name], atKey: true, message: 'is missing', hint: missingHints[name] });
      continue;
    }
    if (Array.isArray(value) && !mayHoldList(name)) {
      mistakes.push({
        path: [name],
        atKey: true,
        message: 'holds one value for all cells, and here is a list',
        hint: onlyOne(name),
      });
      continue;
    }
    const parsed = fields[name].safeParse(value);
    if (parsed.success) values[name] = parsed.data;
    else mistakes.push(...mistakesOf(parsed.error, [name], (path) => knownKeys(name, path, value)));
  }
  // Whoever names the subscribers has said how many consumers there are.
  if (values['pattern'] !== undefined && raw['consumers'] === undefined) {
    const pattern = values['pattern'] as Fields['pattern'];
    const subscribers = definitionOf(pattern).consumers?.(pattern);
    if (subscribers !== undefined) values['consumers'] = [subscribers];
  }
  return { values, mistakes };
}

/** Every target by itself, as far as it can be made out. */
async function readTargets(raw: unknown, context: ResolveContext): Promise<{ targets: Target[]; mistakes: Mistake[] }> {
  const targets: Target[] = [];
  const mistakes: Mistake[] = [];
  if (!Array.isArray(raw)) return { targets, mistakes };
  for (const [index, entry] of (raw as unknown[]).slice(0, limits.targets.max).entries()) {
    const at = ['targets', index];
    const variant = typeof entry === 'object' && entry !== null ? (entry as Raw) : undefined;
    const base = variant ? variant['base'] : entry;
    const adapter = variant?.['adapter'];
    // Neither, or both: said by the field's own schema.
    const start =
      typeof base === 'string' && adapter === undefined
        ? { base }
        : typeof adapter === 'string' && base === undefined
          ? { adapter }
          : undefined;
    if (start === undefined) continue;
    const resolved = await resolveSpec(
      {
        ...start,
        name: String(variant ? variant['name'] : base),
        options: isMap(variant?.['options']) ? variant['options'] : {},
        url: typeof variant?.['url'] === 'string' ? variant['url'] : undefined,
      },
      { start: variant ? [...at, 'base' in start ? 'base' : 'adapter'] : at, options: [...at, 'options'] },
      context,
    );
    const earlier = [...targets];
    if ('targets' in resolved) targets.push(...resolved.targets);
    else mistakes.push(...resolved.mistakes);
    // Two entries of one name are told by the field's own schema.
    const taken = new Map(earlier.map((target) => [target.name, target]));
    const clash = ('targets' in resolved ? resolved.targets : []).find(
      ({ name, listedAs }) => (listedAs ?? taken.get(name)?.listedAs) !== undefined && taken.has(name),
    );
    if (clash !== undefined)
      mistakes.push({
        path: at,
        atKey: false,
        message: `there is a target ${show(clash.name)} already, or the lists of options make one`,
        hint: 'give one of the two another name',
      });
  }
  if (targets.length > limits.targets.max)
    mistakes.push({
      path: ['targets'],
      atKey: true,
      message: `the lists in their options make ${targets.length} targets`,
      hint: `allowed: up to ${limits.targets.max}`,
    });
  return { targets, mistakes };
}

function isMap(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields with payloads found and with words for what axes list. */
interface Settled extends Omit<Fields, 'payload' | 'include' | 'exclude'> {
  readonly payload: readonly PayloadSpec[];
  readonly include: readonly CellPattern[];
  readonly exclude: readonly CellPattern[];
  /** Loads and payloads by their words, those of included cells too. */
  readonly named: NamedValues;
}

/** Looks at the files that payloads name. A field with a mistake is left out. */
function settle(
  { payload: asked, include = [], exclude = [], ...rest }: Partial<Fields>,
  raw: Raw,
  file: string,
): { settled: Partial<Settled> & Pick<Settled, 'named'>; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const find = (one: PayloadAsked, path: Mistake['path']): PayloadSpec[] => {
    const found = findPayload(one, file, path);
    if ('kind' in found) return [found];
    mistakes.push(found);
    return [];
  };
  const payload = asked?.flatMap((one, index) =>
    find(one, Array.isArray(raw['payload']) ? ['payload', index] : ['payload']),
  );
  const spoken: PayloadSpec[] = [];
  const cells = (key: 'include' | 'exclude', patterns: readonly CellsAsked[]): CellPattern[] =>
    patterns.map(({ payload: one, load, weights, axes, ...pattern }, index) => {
      const [found] = one === undefined ? [] : find(one, [key, index, 'payload']);
      if (found !== undefined) spoken.push(found);
      return {
        ...pattern,
        axes: {
          ...axes,
          ...(found === undefined ? {} : { payload: payloadKey(found) }),
          ...(load === undefined ? {} : { load: loadKey(load) }),
          ...(weights === undefined ? {} : { weights: weightsKey(weights) }),
        },
      };
    });
  const [included, excluded] = [cells('include', include), cells('exclude', exclude)];
  const settled = {
    ...rest,
    ...(payload === undefined || mistakes.length > 0 ? {} : { payload }),
    include: included,
    exclude: excluded,
    named: {
      payload: payloadsByKey([...(payload ?? []), ...spoken]),
      load: loadsByKey([...(rest.load ?? []), ...include.flatMap(({ load }) => load ?? [])]),
    },
  };
  return { settled, mistakes };
}

/** What only several keys together can get wrong. */
async function together(
  raw: Raw,
  values: Partial<Settled> & Pick<Settled, 'named'>,
  targets: readonly Target[],
  { loadAdapter, known }: Pick<ResolveContext, 'loadAdapter' | 'known'>,
): Promise<Mistake[]> {
  const mistakes: Mistake[] = [];
  const given = (name: FieldName): boolean => Object.hasOwn(raw, name) && raw[name] !== undefined;
  if (given('messages') && given('duration'))
    mistakes.push({
      path: ['duration'],
      atKey: true,
      message: 'messages and duration exclude each other',
      hint: 'keep messages (so many are measured) or duration (as many as fit are measured)',
    });
  if (!given('messages') && !given('duration'))
    mistakes.push({
      path: ['messages'],
      atKey: true,
      message: 'is missing',
      hint: 'say how much is measured: messages: 100_000 or duration: 20s',
    });
  // Those whose options are wrong by the name that they stand under.
  const named = values.targets?.flatMap((spec) => {
    const own = targets.filter((target) => isCalled(target, spec.name));
    return own.length > 0 ? own : [spec];
  });
  mistakes.push(...ofCells(values, named));
  if (values.sizes && values.targets) {
    const ids = new Set(targets.map(({ adapter }) => adapter));
    // Also of a target whose options are wrong: its mistake must not hide this one.
    for (const spec of values.targets) {
      const adapter = 'base' in spec ? known.get(spec.base)?.adapter : undefined;
      if (adapter !== undefined) ids.add(adapter);
    }
    const adapters: AdapterFacts[] = [];
    for (const id of ids) adapters.push(await loadAdapter(id));
    const most = Math.max(...adapters.map((adapter) => adapter.capabilities.maxBodyBytes));
    if (adapters.length > 0)
      for (const [index, size] of values.sizes.entries())
        if (mostSize(size) > most)
          mistakes.push({
            path: ['sizes', index],
            atKey: false,
            message: `${formatSize(mostSize(size))} is more than any of the targets carries`,
            hint: `at most ${formatSize(most)}`,
          });
  }
  return mistakes;
}

/** What the lists and the cells of a file get wrong, as far as they could be read. */
function ofCells(
  values: Partial<Settled> & Pick<Settled, 'named'>,
  targets: CellSource['targets'] | undefined,
): Mistake[] {
  const { sizes, load: [load] = [], named } = values;
  const asked = askedBy(values);
  const listed = listedIn(values);
  const source: CellSource | undefined =
    targets && sizes && load && listed
      ? {
          targets,
          sizes,
          load,
          pattern: values.pattern,
          ...withMatrix(matrixOf(listed, named, values.include ?? [], values.exclude ?? [])),
        }
      : undefined;
  // Too many are refused by the plan, before they are made.
  if (source === undefined || cellCount(source) > limits.runs)
    return contradictions(asked).map((what) => ({ atKey: true, ...what }));
  const wrong = matrixMistakes(source);
  // What is wrong with included cells hides no contradiction of the others.
  const sound =
    wrong.length === 0 || source.matrix === undefined
      ? source
      : { ...source, ...withMatrix({ ...source.matrix, include: [] }) };
  return [...wrong, ...contradictionsOfCells(asked, sound).map((what) => ({ atKey: true, ...what }))];
}

function withMatrix(matrix: Scenario['matrix']): Pick<Scenario, 'matrix'> {
  return matrix === undefined ? {} : { matrix };
}

function listedIn(values: Partial<Settled>): Listed | undefined {
  const { producers, consumers, destinations, prefetch, guarantee, payload, load } = values;
  return producers && consumers && destinations && prefetch && guarantee && payload && load
    ? {
        ...{ producers, consumers, destinations, prefetch, guarantee },
        payload: payload.map(payloadKey),
        load: Object.keys(loadsByKey(load)),
      }
    : undefined;
}

/** The keys that can contradict each other, as far as they could be read. */
function askedBy({ duration: durationSeconds, drain: drainSeconds, ...values }: Partial<Settled>): Asked {
  const { pattern, work, lateConsumers, faults, messages, sizes, load: [load] = [], payload: [payload] = [] } = values;
  const [producers, consumers, destinations] = [values.producers?.[0], values.consumers?.[0], values.destinations?.[0]];
  const asked = {
    ...{ pattern, work, load, producers, consumers, destinations, lateConsumers, faults, messages },
    ...{ durationSeconds, sizes, payload, guarantee: values.guarantee?.[0], drainSeconds },
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

function assemble(values: Settled, targets: readonly Target[]): Scenario {
  const listed = listedIn(values);
  const [[payload], [load]] = [values.payload, values.load];
  if (listed === undefined || payload === undefined || load === undefined) throw new Error('a field is missing');
  return {
    name: values.name,
    description: values.description.trim(),
    pattern: values.pattern,
    work: values.work,
    targets,
    ...firstOf(listed),
    lateConsumers: values.lateConsumers,
    faults: values.faults ?? [],
    messages: values.messages,
    durationSeconds: values.duration,
    sizes: values.sizes,
    payload,
    load,
    repetitions: values.repetitions,
    warmupSeconds: values.warmup,
    drainSeconds: values.drain,
    pauseSeconds: values.pause,
    // Drawn where the file does not fix it, and recorded, so that the order can be had again.
    seed: values.seed ?? randomInt(limits.seed.max),
    ...withMatrix(matrixOf(listed, values.named, values.include, values.exclude)),
  };
}

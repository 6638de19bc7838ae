/** Whether two results answer the same question, and what differs between them. Pure. */
import type { Result, TargetRecord } from '../results/schema.js';
import { canonicalJson, hashOfJson } from '../scenario/canonical-json.js';
import type { Design } from './compare.js';

/** `blocks`: no difference in speed could be laid to the change. `notes`: may be the change itself. */
export interface Difference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
  readonly weight: 'blocks' | 'notes';
}

type Scenario = Result['scenario'];

/** Labels, precision and order: the question is the same without them. */
const noQuestion: ReadonlySet<string> = new Set<keyof Scenario>([
  'name',
  'description',
  'digest',
  // What the words of axes stand for follows from the words.
  'named',
  'repetitions',
  'drainSeconds',
  'pauseSeconds',
  'seed',
]);
/** What a variant may differ in. */
const underTest: ReadonlySet<string> = new Set<keyof Scenario>(['prefetch', 'warmupSeconds', 'axes']);

/** What a variant was asked to differ in, by key (`env.NODE_OPTIONS`, `ref`), without secrets. */
export type VariantFacts = Readonly<Record<string, string>>;

/** Said of a side by its own session. */
export interface Variants {
  /** Absent of a stored baseline: it was measured as it stood. */
  readonly A?: VariantFacts | undefined;
  readonly B: VariantFacts;
}

/** Those that forbid a comparison. */
export function blockingOf(differences: readonly Difference[]): Difference[] {
  return differences.filter(({ weight }) => weight === 'blocks');
}

/** What a result tells itself, as it really was: prefetch, options and client, and in the server's origin image and configuration. */
const toldByResult = /^(?:target|prefetch|client|image|options\..*|config\..*)$/;
/** What other rows say of a server. */
const toldOfServer: ReadonlySet<string> = new Set(['version', 'server']);
const packagePrefix = 'package ';

/** All that differs, what forbids a comparison first. */
export function differencesOf(a: Result, b: Result, design: Design, variants?: Variants): Difference[] {
  const found: Difference[] = [];
  const add = (what: string, of: (result: Result) => string, weight: Difference['weight']): void => {
    const [left, right] = [of(a), of(b)];
    if (left !== right) found.push({ what, a: left, b: right, weight });
  };
  found.push(...scenarioDifferences(a.scenario, b.scenario));
  add('machine', ({ environment: e }) => e.fingerprint, 'blocks');
  const complete = (r: Result): string => (r.partial ? `partial: ${r.partialReason ?? 'cut off'}` : 'yes');
  // Pairs are whole wherever their session was broken off; two sessions that were, were so at different places.
  if (design === 'unpaired' && (a.partial || b.partial))
    found.push({ what: 'complete', a: complete(a), b: complete(b), weight: 'blocks' });
  else add('complete', complete, 'blocks');
  add(
    'mqbench',
    ({ mqbench: m }) => `${m.version}${m.gitRevision === undefined ? '' : ` ${m.gitRevision.slice(0, 10)}`}`,
    'notes',
  );
  add('Node.js', ({ environment: e }) => e.node, 'notes');
  for (const [name, left, right] of targetPairs(a, b)) {
    if (left === undefined || right === undefined) {
      add(`target ${name}`, (r) => ((r === a ? left : right) === undefined ? 'not there' : 'there'), 'notes');
      continue;
    }
    const target = (result: Result): TargetRecord => (result === a ? left : right);
    add('target', (r) => target(r).name, 'notes');
    add(`${name}: server`, (r) => `${target(r).product} ${target(r).version ?? '(version unknown)'}`, 'notes');
    add(`${name}: server from`, (r) => target(r).provider, 'notes');
    found.push(...originDifferences(name, left.provenance, right.provenance, left.provider === right.provider));
    add(`${name}: adapter`, (r) => target(r).adapter, 'notes');
    add(`${name}: client`, (r) => `${target(r).client.name} ${target(r).client.version}`, 'notes');
    add(`${name}: options`, (r) => text(target(r).options), 'notes');
    add(`${name}: guarantee is set by`, (r) => text(target(r).guaranteeSettings), 'notes');
  }
  if (variants !== undefined) found.push(...variantDifferences(variants));
  return found.map(readable(a, b)).sort((x, y) => Number(y.weight === 'blocks') - Number(x.weight === 'blocks'));
}

/**
 * What differs in where two servers came from: image and digest, configuration lines, heap, packages.
 * @param alike both came in the same way, so that what one of them lacks is a difference, too
 */
function originDifferences(
  name: string,
  a: TargetRecord['provenance'],
  b: TargetRecord['provenance'],
  alike: boolean,
): Difference[] {
  const differing = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (key) => !toldOfServer.has(key) && a[key] !== b[key] && (alike || (key in a && key in b)),
  );
  const rows = differing.filter((key) => !key.startsWith(packagePrefix));
  const packages = differing.filter((key) => key.startsWith(packagePrefix));
  const all = (of: TargetRecord['provenance']): string =>
    packages.map((key) => `${key.slice(packagePrefix.length)}: ${text(of[key])}`).join('; ');
  return [
    ...rows.map((key) => ({ what: `${name}: ${key}`, a: text(a[key]), b: text(b[key]), weight: 'notes' as const })),
    ...(packages.length === 0 ? [] : [{ what: `${name}: packages`, a: all(a), b: all(b), weight: 'notes' as const }]),
  ];
}

function variantDifferences({ A = {}, B }: Variants): Difference[] {
  return [...new Set([...Object.keys(A), ...Object.keys(B)])]
    .filter((key) => !toldByResult.test(key) && A[key] !== B[key])
    .map((key) => ({ what: `variant: ${key}`, a: text(A[key]), b: text(B[key]), weight: 'notes' }));
}

/** Targets by name; where each result has a single one, these two, whatever they are called. */
function targetPairs(a: Result, b: Result): [string, TargetRecord | undefined, TargetRecord | undefined][] {
  const [left, right] = [a.targets[0], b.targets[0]];
  if (left && right && a.targets.length === 1 && b.targets.length === 1)
    return [[left.name === right.name ? left.name : `${left.name} → ${right.name}`, left, right]];
  return [...new Set([...a.targets, ...b.targets].map(({ name }) => name))].map((name) => [
    name,
    a.targets.find((target) => target.name === name),
    b.targets.find((target) => target.name === name),
  ]);
}

/** What differs between two questions. */
export function scenarioDifferences(a: Scenario, b: Scenario): Difference[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key): Difference[] => {
    if (noQuestion.has(key)) return [];
    // Cells are compared with cells that have the same value of it.
    if (Object.hasOwn(a.axes ?? {}, key) && Object.hasOwn(b.axes ?? {}, key)) return [];
    const [left, right] = [a, b].map((scenario) => text((scenario as Readonly<Record<string, unknown>>)[key]));
    if (left === undefined || right === undefined || left === right) return [];
    return [{ what: `scenario ${key}`, a: left, b: right, weight: underTest.has(key) ? 'notes' : 'blocks' }];
  });
}

/**
 * Digest of a question without what two that are compared may differ in, and without the lists that its cells are made
 * of: two cells of one name and digest are the same.
 */
export function questionDigest(scenario: Scenario): string {
  const { load, pattern, ...rest } = scenario;
  const own = Object.entries(rest).filter(
    ([key]) =>
      key !== 'sizes' && !noQuestion.has(key) && !underTest.has(key) && !Object.hasOwn(scenario.axes ?? {}, key),
  );
  const [confirms, weighed] = [confirmsOf(scenario), weighedOf(scenario)];
  const question = {
    ...Object.fromEntries(own),
    load: load.kind === 'walk' ? { ...load, ratesPerSecond: [] } : load,
    pattern:
      confirms === undefined
        ? weighed === undefined
          ? pattern
          : { kind: weighed.kind }
        : { ...confirms, modes: [], batches: [], batch: undefined },
  };
  return hashOfJson(question).slice(0, 16);
}

/**
 * A stored question with the sizes, rates, weights and ways to confirm of another: which of them are there is asked cell by
 * cell.
 */
export function withListsOf(stored: Scenario, asked: Scenario): Scenario {
  const { load } = stored;
  const [were, are] = [confirmsOf(stored), confirmsOf(asked)];
  return {
    ...stored,
    sizes: asked.sizes,
    ...(load.kind === 'walk' && asked.load.kind === 'walk'
      ? { load: { ...load, ratesPerSecond: asked.load.ratesPerSecond } }
      : {}),
    ...(were !== undefined && are !== undefined ? { pattern: { ...are, batch: were.batch } } : {}),
    ...(weighedOf(stored) !== undefined && weighedOf(asked) !== undefined ? { pattern: asked.pattern } : {}),
  };
}

function confirmsOf({ pattern }: Scenario) {
  return typeof pattern !== 'string' && pattern.kind === 'confirms' ? pattern : undefined;
}

/** Where several weights are compared: which one a cell has, its name says. */
function weighedOf({ pattern }: Scenario) {
  return typeof pattern !== 'string' && pattern.kind === 'fair-dispatch' && pattern.weightings !== undefined
    ? pattern
    : undefined;
}

/** A fingerprint says nothing to a person. */
function readable(a: Result, b: Result): (difference: Difference) => Difference {
  const machine = ({ environment: e }: Result): string =>
    [
      e.cpuModel,
      `${e.cores} cores${e.coreQuota === undefined ? '' : ` (quota ${e.coreQuota})`}`,
      `${Math.round(e.memoryBytes / 2 ** 30)} GiB`,
      ...(e.virtualisation === undefined ? [] : [e.virtualisation]),
      `Node ${e.node.split('.')[0] ?? ''}`,
      e.fingerprint.slice(0, 8),
    ].join(', ');
  return (difference) => (difference.what === 'machine' ? { ...difference, a: machine(a), b: machine(b) } : difference);
}

function text(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : canonicalJson(value);
}

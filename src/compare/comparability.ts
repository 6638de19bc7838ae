/** Whether two results answer the same question, and what differs between them. Pure. */
import type { Result, TargetRecord } from '../results/schema.js';
import { canonicalJson } from '../scenario/digest.js';
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
  'repetitions',
  'drainSeconds',
  'pauseSeconds',
  'seed',
]);
/** What a variant may differ in. */
const underTest: ReadonlySet<string> = new Set<keyof Scenario>(['prefetch', 'warmupSeconds', 'axes']);

/** All that differs, what forbids a comparison first. */
export function differencesOf(a: Result, b: Result, design: Design): Difference[] {
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
    add(`${name}: client`, (r) => `${target(r).client.name} ${target(r).client.version}`, 'notes');
    add(`${name}: options`, (r) => text(target(r).options), 'notes');
    add(`${name}: guarantee is set by`, (r) => text(target(r).guaranteeSettings), 'notes');
  }
  return found.map(readable(a, b)).sort((x, y) => Number(y.weight === 'blocks') - Number(x.weight === 'blocks'));
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
 * A stored question with the sizes, rates and ways to confirm of another: which of them are there is asked cell by
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
  };
}

function confirmsOf({ pattern }: Scenario) {
  return typeof pattern !== 'string' && pattern.kind === 'confirms' ? pattern : undefined;
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

/** `mqbench list`: what there is to run. */
import type { Capabilities, Guarantee } from '../brokers/adapter.js';
import { loadAdapter } from '../brokers/registry.js';
import { adapterIds, isExternal } from '../brokers/shipped.js';
import { readScenarioText, shippedScenarios } from '../scenario/find.js';
import { parseScenario } from '../scenario/parse.js';
import { knownTargets } from '../scenario/targets.js';
import { textTable } from './text-table.js';

interface ListedTarget {
  readonly name: string;
  readonly adapter: string;
  readonly server: string | null;
  readonly summary: string;
  /** The target that this is a variant of; null where it is none. */
  readonly variantOf: string | null;
  /** Options that it gives the adapter, the others are the adapter's defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

interface Listing {
  readonly scenarios: readonly { name: string; file: string; description: string; targets: readonly string[] }[];
  readonly targets: readonly ListedTarget[];
  readonly adapters: readonly { id: string; client: string; version: string; capabilities: Capabilities }[];
}

async function collect(external: readonly string[]): Promise<Listing> {
  const known = await knownTargets(external);
  const scenarios = [];
  for (const { name, file } of shippedScenarios()) {
    const scenario = await parseScenario(readScenarioText(file), file);
    const targets = scenario.targets.map((target) => target.name);
    scenarios.push({ name, file, description: scenario.description, targets });
  }
  const adapters = [];
  for (const at of new Set<string>([...adapterIds, ...[...known.values()].map(({ adapter }) => adapter)])) {
    const adapter = await loadAdapter(at);
    const { id } = adapter;
    const { name, version } = adapter.client();
    adapters.push({ id, client: name, version, capabilities: adapter.capabilities });
  }
  const targets = [...known].map(([name, { adapter, server, summary, variantOf, options }]): ListedTarget => ({
    name,
    adapter: isExternal(adapter) ? name : adapter,
    server: server ?? null,
    summary,
    variantOf: variantOf ?? null,
    options: options ?? {},
  }));
  return { scenarios, targets, adapters };
}

function guarantees(capabilities: Capabilities): string {
  return (Object.keys(capabilities.guarantees) as Guarantee[])
    .filter((guarantee) => capabilities.guarantees[guarantee] === true)
    .join(', ');
}

/** What a variant says of itself, the rest is as its base has it; empty for a target that is none. */
function difference(target: ListedTarget, all: readonly ListedTarget[]): string {
  const base = all.find(({ name }) => name === target.variantOf);
  if (base === undefined) return '';
  return [
    ...(['adapter', 'server'] as const).flatMap((key) =>
      target[key] === base[key] ? [] : [`${key}: ${target[key] ?? 'none'}`],
    ),
    ...Object.entries(target.options).map(([name, value]) => `${name}: ${String(value)}`),
  ].join(', ');
}

function firstSentence(text: string): string {
  return /^.*?[.?!](?=\s|$)/.exec(text)?.[0] ?? text;
}

/** What goes to stdout. */
export async function list(options: { json: boolean; adapter: readonly string[] }): Promise<string> {
  const { scenarios, targets, adapters } = await collect(options.adapter);
  if (options.json) return `${JSON.stringify({ scenarios, targets, adapters }, null, 2)}\n`;
  return [
    'Scenarios (mqbench run NAME)',
    textTable(
      ['NAME', 'TARGETS', 'WHAT IT MEASURES'],
      scenarios.map(({ name, targets, description }) => [name, targets.join(', '), firstSentence(description)]),
    ),
    'Targets (--target NAME)',
    textTable(
      ['NAME', 'ADAPTER', 'WHAT IT IS', 'DIFFERS IN'],
      targets.map((target) => [target.name, target.adapter, target.summary, difference(target, targets)]),
    ),
    'Adapters',
    textTable(
      ['NAME', 'CLIENT LIBRARY', 'GUARANTEES', 'DISPATCH', 'PREFETCH', 'LARGEST BODY'],
      adapters.map(({ id, client, version, capabilities }) => [
        id,
        `${client} ${version}`,
        guarantees(capabilities),
        capabilities.dispatch === 'dynamic' ? 'by message' : 'by partition',
        capabilities.prefetch === true ? 'yes' : 'no',
        `${Math.floor(capabilities.maxBodyBytes / 2 ** 20)} MiB`,
      ]),
    ),
  ].join('\n');
}

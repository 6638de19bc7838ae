/** What was really set up: servers, clients, guarantee, scenario, machine. */
import type { TargetRecord } from '../results/schema.js';
import type { Detail } from './entries.js';
import type { Fact, Section } from './document.js';
import { plural } from '../plural.js';
import { type ReportModel, versionMark } from './model.js';
import {
  guaranteeText,
  loadText,
  payloadText,
  resultLetter,
  serverText,
  staticDispatchText,
  workText,
} from './wording.js';

export function setupSections(models: readonly ReportModel[], detail: Detail): Section[] {
  const prefix = (i: number) => (models.length > 1 ? `${resultLetter(i)} ` : '');
  const guarantees = [...new Set(models.map((m) => guaranteeText(m.result.scenario)))];
  return [
    {
      id: 'targets',
      title: `Servers, clients and what ${guarantees.join(' and ')} means on each`,
      block: {
        kind: 'terms',
        terms: models.flatMap((model, i) =>
          model.targets.flatMap(({ label, record }) =>
            record ? [{ term: `${prefix(i)}${label}`, facts: targetFacts(record, detail) }] : [],
          ),
        ),
      },
      notes: [],
    },
    {
      id: 'setup',
      title: 'Scenario and machine',
      block: {
        kind: 'terms',
        terms: models.map((model, i) => ({
          term: `${prefix(i)}${model.result.id}`,
          facts: scenarioFacts(model, detail),
        })),
      },
      notes: [],
    },
  ];
}

function pairs(of: Readonly<Record<string, unknown>>): string {
  return Object.entries(of)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ');
}

/** Of more packages than these only the number is told: nobody reads two dozen hashes. */
const mostPackages = 3;

/** Where a server came from. */
function originText(provenance: TargetRecord['provenance']): string {
  const of = Object.entries(provenance);
  const packages = of.filter(([key]) => key.startsWith('package '));
  if (packages.length <= mostPackages) return pairs(provenance);
  const rest = Object.fromEntries(of.filter((entry) => !packages.includes(entry)));
  return pairs({ ...rest, packages: `${packages.length}, with versions and hashes in result.json` });
}

function targetFacts(record: TargetRecord, detail: Detail): Fact[] {
  const nodes = record.nodes === 1 ? '' : `, ${plural(record.nodes, 'node')}`;
  return [
    { label: 'server', text: `${serverText(record)} (${record.provider}${nodes})` },
    { label: 'client', text: `${record.client.name} ${record.client.version}` },
    ...(record.byGuarantee === undefined
      ? [
          { label: 'a confirm means', text: record.confirmMeans },
          { label: 'set', text: pairs(record.guaranteeSettings) },
        ]
      : record.byGuarantee.flatMap(({ guarantee, confirmMeans, settings }) => [
          { label: 'a confirm means', text: `${guarantee}: ${confirmMeans}` },
          { label: 'set', text: `${guarantee}: ${pairs(settings)}` },
        ])),
    ...(detail === 'full' && Object.keys(record.options).length > 0
      ? [{ label: 'options', text: pairs(record.options) }]
      : []),
    ...(detail === 'full' && Object.keys(record.provenance).length > 0
      ? [{ label: 'from', text: originText(record.provenance) }]
      : []),
    ...(record.dispatch === 'static'
      ? [{ label: 'dispatch', text: staticDispatchText(record.name).replace(`${record.name}: dispatch is `, '') }]
      : []),
    ...(record.versionWarning === undefined
      ? []
      : [{ label: versionMark, text: record.versionWarning, tone: 'warn' as const }]),
  ];
}

function scenarioFacts({ result }: ReportModel, detail: Detail): Fact[] {
  const { scenario, environment: e, mqbench } = result;
  const revision =
    mqbench.gitRevision === undefined
      ? ''
      : ` (${mqbench.gitRevision.slice(0, 12)}${mqbench.gitDirty === true ? ', changed' : ''})`;
  const payload = payloadText(scenario);
  const quota = e.coreQuota === undefined ? '' : ` (${e.coreQuota} allowed)`;
  return [
    {
      label: 'scenario',
      text: scenario.description === '' ? scenario.name : `${scenario.name}: ${scenario.description}`,
    },
    {
      label: 'work',
      text: `${workText(scenario)}; prefetch ${(scenario.axes?.prefetch ?? [scenario.prefetch]).join(', ')}`,
    },
    ...(payload === undefined ? [] : [{ label: 'payload', text: payload }]),
    { label: 'load', text: loadText(scenario) },
    { label: 'guarantee', text: guaranteeText(scenario) },
    {
      label: 'runs',
      text: `${plural(scenario.repetitions, 'repetition')}, ${scenario.warmupSeconds} s warm-up before each, seed ${scenario.seed}`,
    },
    {
      label: 'machine',
      text: `${e.cpuModel}, ${plural(e.cores, 'core')}${quota}, ${(e.memoryBytes / 1e9).toFixed(1)} GB; ${e.os}, ${e.kernel}, ${e.architecture}${e.virtualisation === undefined ? '' : `, ${e.virtualisation}`}`,
    },
    { label: 'software', text: `mqbench ${mqbench.version}${revision}, Node ${e.node.replace(/^v/, '')}` },
    { label: 'time', text: `${result.startedAt} to ${result.finishedAt}` },
    ...(detail === 'full' ? [{ label: 'command', text: `mqbench ${result.commandLine.join(' ')}` }] : []),
    ...result.warnings.map((text): Fact => ({ label: 'warning', text, tone: 'warn' })),
  ];
}

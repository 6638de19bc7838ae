/** `mqbench topology`: what a broker has, and how messages get there. Each returns what goes to stdout. */
import { UsageError } from '../errors.js';
import { adapterOf, findServer, notRunning } from '../monitor/targets.js';
import { builtInTargets } from '../scenario/targets.js';
import { urlVariable } from '../servers/endpoint/index.js';
import type { ServerChoice } from '../servers/provider.js';
import { topologyReader } from '../topology/index.js';
import type { Row, Topology } from '../topology/topology.js';
import { readUrls } from './run-flags.js';
import { textTable } from './text-table.js';

export interface TopologyFlags {
  readonly server: ServerChoice;
  readonly url: readonly string[];
  readonly json: boolean;
}

/**
 * Lists what a running broker has; nothing is started for it.
 * @throws UsageError for a target that nothing is known of or that cannot tell; BrokerError when it does not run or answer
 */
export async function topology(name: string, flags: TopologyFlags): Promise<string> {
  const env = { ...process.env };
  for (const [target, url] of readUrls(flags.url, { targets: [{ name }] }, flags.server))
    env[urlVariable(target)] = url;
  const known = builtInTargets.get(name);
  const adapter = known?.adapter ?? adapterOf(name, env[urlVariable(name)]);
  if (adapter === undefined)
    throw new UsageError(`Nothing says where the broker of target "${name}" is.`, {
      where: `target ${name}`,
      hint: `Set ${urlVariable(name)} to its address, or name one of ${[...builtInTargets.keys()].join(', ')}.`,
    });
  const read = topologyReader(adapter, known?.options?.['broker']);
  if (read === undefined)
    throw new UsageError(`The broker of target "${name}" has no interface that lists what it has.`, {
      where: `target ${name}`,
      hint: 'RabbitMQ, Kafka and ActiveMQ Classic have one.',
    });
  const running = await findServer(name, adapter, flags.server, env);
  if (running === undefined) throw notRunning(name);
  const found = await read(running.endpoint);
  return flags.json ? `${JSON.stringify({ target: name, ...found }, null, 2)}\n` : text(name, found);
}

function text(name: string, { product, version, source, lists }: Topology): string {
  const head = `${name}: ${product}${version === undefined ? '' : ` ${version}`} (${source})\n`;
  const tables = Object.entries(lists).map(([what, rows]) => {
    const title = `${what.charAt(0).toUpperCase()}${what.slice(1)} (${rows.length})\n`;
    return rows.length === 0 ? title : `${title}${table(rows)}`;
  });
  return [head, ...tables].join('\n');
}

function table(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const numbers = columns.flatMap((column, at) => (typeof rows[0]?.[column] === 'number' ? [at] : []));
  const head = columns.map((column) => column.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase());
  return textTable(
    head,
    rows.map((row) => columns.map((column) => shown(row[column]))),
    numbers,
  );
}

/** Names come from a broker: nothing in one may act on a terminal. */
function shown(value: Row[string] | undefined): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  const words = Array.isArray(value) ? value.join(', ') : String(value ?? '');
  return words.replace(/\p{Cc}/gu, '�');
}

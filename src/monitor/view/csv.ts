/** Samples as CSV: one row a destination, and a group where there are any. */
import type { DestinationSample, GroupSample, TargetSample } from '../sample.js';

interface Field {
  readonly name: string;
  readonly value: (of: Row) => string | number | boolean | undefined;
}
interface Row {
  readonly target: TargetSample;
  readonly destination?: DestinationSample;
  readonly group?: GroupSample;
}

const fields: readonly Field[] = [
  { name: 'at', value: ({ target }) => target.at },
  { name: 'target', value: ({ target }) => target.target },
  { name: 'destination', value: ({ destination }) => destination?.name },
  { name: 'kind', value: ({ destination }) => destination?.kind },
  { name: 'vhost', value: ({ destination }) => destination?.vhost },
  { name: 'group', value: ({ group }) => group?.name },
  { name: 'state', value: ({ destination, group }) => group?.state ?? destination?.state },
  { name: 'partitions', value: ({ destination }) => destination?.partitions },
  { name: 'ready', value: ({ destination }) => destination?.ready },
  { name: 'unacknowledged', value: ({ destination }) => destination?.unacknowledged },
  { name: 'total', value: ({ destination }) => destination?.total },
  { name: 'lag', value: ({ group }) => group?.lag },
  { name: 'consumers', value: ({ destination, group }) => group?.members ?? destination?.consumers },
  { name: 'memory_bytes', value: ({ destination }) => destination?.memoryBytes },
  { name: 'memory_share', value: ({ destination }) => destination?.memoryShare },
  { name: 'in_total', value: ({ destination }) => destination?.counters.in },
  { name: 'delivered_total', value: ({ destination }) => destination?.counters.delivered },
  { name: 'acknowledged_total', value: ({ destination, group }) => (group ?? destination)?.counters.acknowledged },
  { name: 'in_per_s', value: ({ destination }) => destination?.rates.in },
  { name: 'delivered_per_s', value: ({ destination }) => destination?.rates.delivered },
  { name: 'acknowledged_per_s', value: ({ destination, group }) => (group ?? destination)?.rates.acknowledged },
  { name: 'node_memory_bytes', value: ({ target }) => target.sample?.nodes[0]?.memoryBytes },
  { name: 'node_memory_share', value: ({ target }) => target.sample?.nodes[0]?.memoryShare },
  { name: 'connections', value: ({ target }) => target.sample?.nodes[0]?.connections },
  { name: 'disk_free_bytes', value: ({ target }) => target.sample?.nodes[0]?.diskFreeBytes },
  { name: 'store_bytes', value: ({ target }) => target.sample?.nodes[0]?.storeBytes },
  { name: 'store_share', value: ({ target }) => target.sample?.nodes[0]?.storeShare },
  { name: 'memory_alarm', value: ({ target }) => target.sample?.nodes.some((node) => node.memoryAlarm === true) },
  { name: 'disk_alarm', value: ({ target }) => target.sample?.nodes.some((node) => node.diskAlarm === true) },
  { name: 'held_up', value: ({ target }) => target.sample?.heldUp },
  // Of the first run on this broker; there is rarely another.
  { name: 'produce_requests_per_s', value: ({ target }) => target.clients?.[0]?.produceRequestsPerSecond },
  { name: 'produce_request_ms', value: ({ target }) => target.clients?.[0]?.produceRequestMs },
  { name: 'records_per_request', value: ({ target }) => target.clients?.[0]?.recordsPerRequest },
  { name: 'batch_bytes', value: ({ target }) => target.clients?.[0]?.batchBytes },
  { name: 'fetches_per_s', value: ({ target }) => target.clients?.[0]?.fetchesPerSecond },
  { name: 'fetch_ms', value: ({ target }) => target.clients?.[0]?.fetchMs },
  { name: 'records_lag_max', value: ({ target }) => target.clients?.[0]?.recordsLagMax },
  { name: 'error', value: ({ target }) => target.error },
];

/** A field that a spreadsheet neither splits nor runs as a formula. */
function field(value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  return `"${value.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
}

export const csvHeader = fields.map(({ name }) => name).join(',');

/** A target's rows; one with the error alone where there are no figures. */
export function csvRows(target: TargetSample): string[] {
  const destinations = target.sample?.destinations ?? [];
  const rows: Row[] = destinations.flatMap((destination): Row[] =>
    destination.groups === undefined || destination.groups.length === 0
      ? [{ target, destination }]
      : destination.groups.map((group) => ({ target, destination, group })),
  );
  return (rows.length === 0 ? [{ target }] : rows).map((row) => fields.map(({ value }) => field(value(row))).join(','));
}

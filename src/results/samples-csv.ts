/** samples.csv: one row an interval a worker, and one a second of the broker, for spreadsheets. */
import type { BrokerSampleRecord, Result } from './schema.js';

/** What the broker's own rows have, in columns after all others. */
const brokerColumns: readonly (readonly [string, (sample: BrokerSampleRecord) => number | boolean | undefined])[] = [
  ['ready', (s) => s.ready],
  ['unacknowledged', (s) => s.unacknowledged],
  ['lag', (s) => s.lag],
  ['consumers', (s) => s.consumers],
  ['in_total', (s) => s.in],
  ['delivered_total', (s) => s.delivered],
  ['acknowledged_total', (s) => s.acknowledged],
  ['in_per_s', (s) => s.inPerSecond],
  ['delivered_per_s', (s) => s.deliveredPerSecond],
  ['acknowledged_per_s', (s) => s.acknowledgedPerSecond],
  ['broker_memory_bytes', (s) => s.memoryBytes],
  ['broker_memory_share', (s) => s.memoryShare],
  ['store_share', (s) => s.storeShare],
  ['disk_free_bytes', (s) => s.diskFreeBytes],
  ['memory_alarm', (s) => s.memoryAlarm],
  ['disk_alarm', (s) => s.diskAlarm],
  ['held_up', (s) => s.heldUp],
  ['process_cpu', (s) => s.process?.cpu],
  ['workers_cpu', (s) => s.workersCpu],
  ['process_rss_bytes', (s) => s.process?.rssBytes],
  ['disk_read_bytes_per_s', (s) => s.process?.diskReadBytesPerSecond],
  ['disk_written_bytes_per_s', (s) => s.process?.diskWrittenBytesPerSecond],
  ['network_received_bytes_per_s', (s) => s.process?.networkReceivedBytesPerSecond],
  ['network_sent_bytes_per_s', (s) => s.process?.networkSentBytesPerSecond],
  ['produce_requests_per_s', (s) => s.clients?.produceRequestsPerSecond],
  ['produce_request_ms', (s) => s.clients?.produceRequestMs],
  ['records_per_request', (s) => s.clients?.recordsPerRequest],
  ['batch_bytes', (s) => s.clients?.batchBytes],
  ['fetches_per_s', (s) => s.clients?.fetchesPerSecond],
  ['fetch_ms', (s) => s.clients?.fetchMs],
  ['records_lag_max', (s) => s.clients?.recordsLagMax],
];
const noBroker = ','.repeat(brokerColumns.length);

const header = 'run,cell,repetition,phase,t_s,interval_s,worker,sent,confirmed,received,machine_cpu,broker_cpu,' +
  brokerColumns.map(([name]) => name).join(',');

/** A field that a spreadsheet neither splits nor runs as a formula. */
const quote = (text: string): string => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;

export function samplesCsv(result: Result): string {
  const rows = [header];
  for (const run of result.runs) {
    for (const s of run.samples) {
      const row = (worker: string, sent: number | '', confirmed: number | '', received: number | ''): string =>
        [
          quote(run.id),
          quote(run.cell),
          run.repetition,
          s.phase,
          s.t,
          s.seconds,
          worker,
          sent,
          confirmed,
          received,
          s.machineCpu ?? '',
          s.brokerCpu ?? '',
        ].join(',') + noBroker;
      rows.push(row('producers', s.sent, s.confirmed, ''));
      s.perConsumer.forEach((received, index) => rows.push(row(`consumer ${index}`, '', '', received)));
    }
    for (const s of run.broker?.samples ?? []) {
      const own = [quote(run.id), quote(run.cell), run.repetition, s.phase, s.t, 1, 'broker', '', '', '', '', ''];
      rows.push([...own, ...brokerColumns.map(([, value]) => value(s) ?? '')].join(','));
    }
  }
  return rows.join('\n') + '\n';
}

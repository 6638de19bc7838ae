/** samples.csv: one row an interval a worker, for spreadsheets. */
import type { Result } from './schema.js';

const header = 'run,cell,repetition,phase,t_s,interval_s,worker,sent,confirmed,received,machine_cpu,broker_cpu';

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
        ].join(',');
      rows.push(row('producers', s.sent, s.confirmed, ''));
      s.perConsumer.forEach((received, index) => rows.push(row(`consumer ${index}`, '', '', received)));
    }
  }
  return rows.join('\n') + '\n';
}

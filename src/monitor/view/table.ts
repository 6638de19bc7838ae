/** What a monitor shows to a person: a head and a table a broker, 80 columns wide or more where there is room. */
import Table from 'cli-table3';
import type { RunClients } from '../clients.js';
import type { BrokerSample, DestinationSample, NodeReading, TargetSample } from '../sample.js';
import { bytes, nothing, percent, short } from './numbers.js';

export interface TableOptions {
  readonly columns: number;
  /** Lines that there are room for; undefined where there is no end. */
  readonly rows?: number;
  /** Text in the colour of what a person should see to; plain where there is none. */
  readonly alert: (text: string) => string;
}

interface Column {
  readonly head: string;
  /** Characters at most; undefined for names, which share what is left. */
  readonly width?: number;
}

const number = (head: string): Column => ({ head, width: 6 });

interface Layout {
  readonly columns: readonly Column[];
  rows(destination: DestinationSample): string[][];
}

const nameOf = ({ name, vhost }: DestinationSample): string =>
  printable(vhost === undefined ? name : `${vhost}/${name}`);

const rabbitmq: Layout = {
  columns: [
    { head: 'QUEUE' },
    { head: 'STATE', width: 7 },
    ...['READY', 'UNACK', 'TOTAL', 'IN/s', 'OUT/s', 'ACK/s', 'CONS'].map(number),
    { head: 'MEMORY', width: 7 },
  ],
  rows: (d) => [
    [
      nameOf(d),
      printable(d.state ?? nothing),
      short(d.ready),
      short(d.unacknowledged),
      short(d.total),
      short(d.rates.in),
      short(d.rates.delivered),
      short(d.rates.acknowledged),
      short(d.consumers),
      bytes(d.memoryBytes),
    ],
  ],
};

const kafka: Layout = {
  columns: [
    { head: 'TOPIC' },
    { head: 'PART', width: 4 },
    ...['END', 'IN/s'].map(number),
    { head: 'GROUP' },
    { head: 'STATE', width: 6 },
    { head: 'MEMB', width: 4 },
    ...['COMMIT', 'LAG', 'OUT/s'].map(number),
  ],
  rows: (d) => {
    const topic = [nameOf(d), short(d.partitions), short(d.counters.in), short(d.rates.in)];
    const groups = d.groups ?? [];
    if (groups.length === 0) return [[...topic, nothing, '', '', '', '', '']];
    return groups.map((group, at) => [
      ...(at === 0 ? topic : ['', '', '', '']),
      printable(group.name),
      printable(group.state ?? nothing),
      short(group.members),
      short(group.counters.acknowledged),
      short(group.lag),
      short(group.rates.acknowledged),
    ]);
  },
};

const activemq: Layout = {
  columns: [
    { head: 'DESTINATION' },
    ...['SIZE', 'FLIGHT', 'ENQ', 'DEQ', 'ENQ/s', 'DEQ/s', 'CONS'].map(number),
    { head: 'MEM', width: 5 },
  ],
  rows: (d) => [
    [
      d.kind === 'topic' ? `topic ${nameOf(d)}` : nameOf(d),
      short(d.total),
      short(d.unacknowledged),
      short(d.counters.in),
      short(d.counters.acknowledged),
      short(d.rates.in),
      short(d.rates.acknowledged),
      short(d.consumers),
      percent(d.memoryShare),
    ],
  ],
};

function layoutOf({ product }: BrokerSample): Layout {
  if (product === 'RabbitMQ') return rabbitmq;
  return product === 'Apache Kafka' ? kafka : activemq;
}

/** All targets, one under the other; what does not fit is counted. */
export function renderSamples(samples: readonly TargetSample[], options: TableOptions): string {
  const share = options.rows === undefined ? undefined : Math.floor((options.rows - 1) / Math.max(1, samples.length));
  return samples.map((sample) => renderTarget(sample, { ...options, rows: share })).join('\n\n');
}

function renderTarget(
  { target, at, sample, clients = [], error }: TargetSample,
  options: Omit<TableOptions, 'rows'> & { rows: number | undefined },
): string {
  const time = at.slice(11, 19);
  const { alert, columns } = options;
  if (sample === undefined) return wrapParts([`${target}  ${time} UTC`, alert(printable(error ?? ''))], columns);
  const product = printable(sample.version === undefined ? sample.product : `${sample.product} ${sample.version}`);
  const head = [
    wrapParts([`${target}  ${time} UTC`, product, `from its ${sample.source}`], columns),
    ...sample.nodes.map((node) => wrapParts(nodeParts(node, sample, alert), columns)),
    ...clients.map((run) => wrapParts(clientParts(run), columns)),
    ...sample.notes.map((note) => wrapParts([alert(`note: ${printable(note)}`)], columns)),
  ].join('\n');
  const layout = layoutOf(sample);
  const used = head.split('\n').length + 2;
  const room = options.rows === undefined ? tableRows : Math.max(1, Math.min(tableRows, options.rows - used - 1));
  const rows = sample.destinations.flatMap((destination) => layout.rows(destination));
  const shown = rows.slice(0, room);
  const hidden = sample.destinationCount - sample.destinations.length + (rows.length - shown.length);
  const lines = [head];
  if (rows.length === 0) lines.push('  no destinations that fit');
  else lines.push(table(layout.columns, shown, columns));
  if (hidden > 0)
    lines.push(
      `  … and ${hidden.toLocaleString('en-US')} more; --filter narrows them, --json has ${sample.destinations.length.toLocaleString('en-US')}`,
    );
  return lines.join('\n');
}

const nodeNameWidth = 40;

/** Rows of one target at most, where nobody limits them. */
const tableRows = 50;

function nodeParts(node: NodeReading, sample: BrokerSample, alert: (text: string) => string): string[] {
  const first = sample.nodes[0] === node;
  const parts = [`  node ${cut(printable(node.name), nodeNameWidth)}${node.running ? '' : alert(' NOT RUNNING')}`];
  if (node.connections !== undefined)
    parts.push(`${short(node.connections)} connection${node.connections === 1 ? '' : 's'}`);
  if (first && sample.rates.in !== undefined) parts.push(`published ${short(sample.rates.in)}/s`);
  if (first && (sample.heldUp ?? 0) > 0) parts.push(alert(`${short(sample.heldUp)} clients held up (flow control)`));
  const limit = node.memoryLimitBytes === undefined ? '' : ` of ${bytes(node.memoryLimitBytes)}`;
  if (node.memoryBytes !== undefined || node.memoryShare !== undefined) {
    const used = node.memoryBytes === undefined ? percent(node.memoryShare) : bytes(node.memoryBytes);
    parts.push(`memory ${used}${limit}${node.memoryAlarm === true ? alert(' ALARM') : ''}`);
  }
  if (node.diskFreeBytes !== undefined) {
    const least = node.diskFreeLimitBytes === undefined ? '' : `, alarm below ${bytes(node.diskFreeLimitBytes)}`;
    parts.push(`disk ${bytes(node.diskFreeBytes)} free${least}${node.diskAlarm === true ? alert(' ALARM') : ''}`);
  }
  if (node.storeShare !== undefined) {
    const most = node.storeLimitBytes === undefined ? '' : ` of ${bytes(node.storeLimitBytes)}`;
    parts.push(`store ${node.storeBytes === undefined ? percent(node.storeShare) : bytes(node.storeBytes)}${most}`);
  }
  return parts;
}

/** What mqbench's own clients say, where a run goes on. */
function clientParts(run: RunClients): string[] {
  const told = (value: number | undefined, text: (value: number) => string): string[] =>
    value === undefined ? [] : [text(value)];
  const each = (ms: number | undefined): string =>
    ms === undefined ? '' : ` of ${ms.toFixed(ms < oneDecimalBelow ? 1 : 0)} ms`;
  return [
    `  clients of ${cut(printable(`${run.scenario}, ${run.cell}`), nodeNameWidth)}`,
    ...told(run.produceRequestsPerSecond, (n) => `produce requests ${short(n)}/s${each(run.produceRequestMs)}`),
    ...told(run.recordsPerRequest, (n) => `records a request ${short(n)}`),
    ...told(run.batchBytes, (n) => `batch ${bytes(n)}`),
    ...told(run.fetchesPerSecond, (n) => `fetches ${short(n)}/s${each(run.fetchMs)}`),
    ...told(run.recordsLagMax, (n) => `records lag max ${short(n)}`),
  ];
}

/** Milliseconds with a decimal below this. */
const oneDecimalBelow = 10;

/** Columns side by side, a blank between; names take what is left and are cut where they must. */
function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const fixed = columns.reduce((sum, column) => sum + (column.width ?? 0) + 1, 1);
  const names = columns.filter((column) => column.width === undefined).length;
  const each = Math.max(8, Math.floor((width - fixed) / names));
  const widths = columns.map((column, at) => {
    if (column.width !== undefined) return column.width;
    // No wider than needed, so that figures stay near their names.
    return Math.min(each, Math.max(column.head.length, ...rows.map((row) => [...(row[at] ?? '')].length)));
  });
  const drawn = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ width, head }) => (width === undefined || head === 'STATE' ? 'left' : 'right')),
    colWidths: widths.map((width) => width + 1),
    style: { head: [], border: [], 'padding-left': 1, 'padding-right': 0 },
    chars: Object.fromEntries(borders.map((border) => [border, ''])),
  });
  drawn.push(...rows.map((row) => row.map((text, at) => cut(text, widths[at] ?? 0))));
  return drawn
    .toString()
    .split('\n')
    .map((line) => ` ${line.trimEnd()}`)
    .join('\n');
}

/** Cut in the middle: names that begin alike mostly differ at their end. */
function cut(text: string, width: number): string {
  const letters = [...text];
  if (letters.length <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return `${letters.slice(0, width - 1 - tail).join('')}…${letters.slice(letters.length - tail).join('')}`;
}

const borders = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
];

/** Parts on one line while they fit, else on lines that are indented; a part longer than a line breaks at blanks. */
function wrapParts(parts: readonly string[], columns: number): string {
  const lines: string[] = [];
  let line = '';
  for (const [at, part] of parts.entries()) {
    const words = visible(part) > columns - 4 ? part.split(' ') : [part];
    for (const [nth, word] of words.entries()) {
      const gap = line === '' ? '' : nth === 0 ? '  ' : ' ';
      if (line !== '' && visible(line) + gap.length + visible(word) > columns) {
        lines.push(line);
        line = `    ${word}`;
      } else line = at === 0 && nth === 0 ? word : line + gap + word;
    }
  }
  return [...lines, line].join('\n');
}

const visible = (text: string): number => [...text.replace(new RegExp(`${escape}\\[[0-9;]*m`, 'g'), '')].length;
const escape = String.fromCharCode(27);

/** A text from a broker, or with one in it: control characters could move the cursor or colour the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

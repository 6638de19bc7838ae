/** The report for a terminal: several narrow tables, split further where the terminal is narrower still. */
import CliTable from 'cli-table3';
import pc from 'picocolors';
import type { Alert, CellText, ReportDocument, Section, TableBlock, TermsBlock, Tone } from './document.js';

export interface TerminalOptions {
  /** Columns of the terminal. */
  readonly columns: number;
  readonly color: boolean;
}

const gap = 2;
/** Longer lines are hard to read. */
const mostColumns = 120;
/** A column of long text is not worth having below this. */
const leastWide = 18;

/** Renders for a terminal. Every line fits `columns` where its longest word does. No line break at the end. */
export function renderTerminal(document: ReportDocument, { color, ...asked }: TerminalOptions): string {
  const columns = Math.min(asked.columns, mostColumns);
  const paint = painter(color);
  const alerts = document.alerts.map((alert) => alertLines(alert, columns, paint));
  return [
    paint(clean(document.title), 'strong'),
    ...document.lead.flatMap((line) => wrap(clean(line), columns)),
    ...(alerts.length > 0 ? ['', ...alerts] : []),
    ...document.sections.flatMap((section) => ['', ...sectionLines(section, columns, paint)]),
    // Whoever reads only the end must not miss what is missing.
    ...(alerts.length > 0 ? ['', ...alerts] : []),
  ].join('\n');
}

type Paint = (text: string, tone: Tone | undefined) => string;

function painter(color: boolean): Paint {
  const c = pc.createColors(color);
  const styles: Record<Tone, (text: string) => string> = {
    good: c.green,
    bad: c.red,
    warn: c.yellow,
    dim: c.dim,
    strong: c.bold,
  };
  return (text, tone) => (tone === undefined ? text : styles[tone](text));
}

/** Without control characters: a name must not move the cursor or ring the bell. Line breaks stay. */
function clean(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

function alertLines(alert: Alert, columns: number, paint: Paint): string {
  const [first = '', ...rest] = wrap(clean(alert.text), columns - 2);
  return [`! ${first}`, ...rest.map((line) => `  ${line}`)].map((line) => paint(line, alert.tone)).join('\n');
}

function sectionLines(section: Section, columns: number, paint: Paint): string[] {
  return [
    paint(clean(section.title), 'strong'),
    ...(section.block.kind === 'table'
      ? tableLines(section.block, columns, paint)
      : termLines(section.block, columns, paint)),
    ...section.notes.flatMap((note) => wrap(clean(note), columns).map((line) => paint(line, 'dim'))),
  ];
}

function termLines({ terms }: TermsBlock, columns: number, paint: Paint): string[] {
  return terms.flatMap(({ term, facts }) => [
    paint(clean(term), 'strong'),
    ...facts.flatMap(({ label, text, tone }) => {
      const lead = label === '' ? '  ' : `  ${clean(label)}: `;
      const [first = '', ...rest] = wrap(lead + clean(text), columns, 4);
      return [paint(lead, 'dim') + paint(first.slice(lead.length), tone), ...rest.map((line) => paint(line, tone))];
    }),
  ]);
}

function tableLines(table: TableBlock, columns: number, paint: Paint): string[] {
  const widths = table.columns.map((column, i) =>
    Math.max(
      ...column.label.split(' ').map((word) => word.length),
      ...table.rows.map((row) =>
        Math.max(
          ...clean(row[i]?.text ?? '')
            .split('\n')
            .map((line) => line.length),
        ),
      ),
    ),
  );
  return packColumns(table, widths, columns).flatMap((part, i) => [
    ...(i > 0 ? [''] : []),
    ...partLines(table, part, widths, columns, paint),
  ]);
}

/** Which columns stand together so that each table fits; the key columns lead each. */
function packColumns(table: TableBlock, widths: readonly number[], columns: number): number[][] {
  const keys = table.columns.map((_, i) => i).slice(0, table.keys);
  const widthOf = (i: number) =>
    (table.columns[i]?.wide ? Math.min(widths[i] ?? 0, leastWide) : (widths[i] ?? 0)) + gap;
  const parts: number[][] = [];
  let part: number[] = [];
  for (let i = table.keys; i < table.columns.length; i++) {
    const used = [...keys, ...part, i].reduce((sum, j) => sum + widthOf(j), 0);
    if (part.length > 0 && used - gap > columns) {
      parts.push([...keys, ...part]);
      part = [];
    }
    part.push(i);
  }
  return [...parts, [...keys, ...part]];
}

function partLines(
  table: TableBlock,
  part: readonly number[],
  widths: readonly number[],
  columns: number,
  paint: Paint,
): string[] {
  const fixed = part.reduce((sum, i) => sum + (table.columns[i]?.wide ? 0 : (widths[i] ?? 0) + gap), 0);
  const colWidths = part.map((i) => {
    const width = widths[i] ?? 0;
    // The gap after a wide column, which is the last, may hang over.
    return table.columns[i]?.wide
      ? Math.max(leastWide + gap, Math.min(width + gap, columns - fixed + gap))
      : width + gap;
  });
  const cellOf = (cell: CellText | undefined) => {
    const text = clean(cell?.text ?? '');
    return { content: text, tone: cell?.tone };
  };
  const drawn = new CliTable({
    colWidths,
    colAligns: part.map((i) => table.columns[i]?.align ?? 'left'),
    wordWrap: true,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': gap },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
  });
  drawn.push(part.map((i) => ({ content: paint(table.columns[i]?.label ?? '', 'dim'), vAlign: 'bottom' as const })));
  drawn.push(part.map((_, at) => paint('─'.repeat((colWidths[at] ?? 0) - gap), 'dim')));
  for (const row of table.rows)
    drawn.push(
      part.map((i) => {
        const { content, tone } = cellOf(row[i]);
        return paint(content, tone);
      }),
    );
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Breaks at spaces; later lines are set in by `hang`. Keeps spaces at the front. */
function wrap(text: string, width: number, hang = 0): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    const indent = /^ */.exec(paragraph)?.[0] ?? '';
    let line = indent;
    let empty = true;
    for (const word of paragraph.trimStart().split(' ')) {
      if (!empty && line.length + 1 + word.length > width) {
        lines.push(line);
        line = ' '.repeat(hang) + word;
      } else line += empty ? word : ` ${word}`;
      empty = false;
    }
    lines.push(line);
  }
  return lines;
}

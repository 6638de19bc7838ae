/** The report as GitHub Markdown: summary.md, for a pull request. */
import type { ReportDocument, Section, Tone } from './document.js';

/** Renders to Markdown, with a line break at the end. Whatever a name holds, it stays text. */
export function renderMarkdown(document: ReportDocument): string {
  const alerts = document.alerts.map(({ text }) => `> ⚠️ ${escapeMarkdown(text)}`).join('\n>\n');
  return (
    [
      `# mqbench: ${escapeMarkdown(document.title)}`,
      ...document.lead.map(escapeMarkdown),
      alerts,
      ...document.sections.map(renderSection),
      alerts,
    ]
      .filter((part) => part !== '')
      .join('\n\n') + '\n'
  );
}

function renderSection({ title, block, notes }: Section): string {
  const parts = [`## ${escapeMarkdown(title)}`];
  if (block.kind === 'table') {
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    parts.push(
      [
        line(block.columns.map(({ label }) => escapeMarkdown(label))),
        line(block.columns.map(({ align }) => (align === 'right' ? '---:' : ':---'))),
        ...block.rows.map((row) => line(row.map(({ text, tone }) => decorate(escapeMarkdown(text), tone)))),
      ].join('\n'),
    );
  } else
    for (const { term, facts } of block.terms)
      parts.push(
        [
          `**${escapeMarkdown(term)}**`,
          '',
          ...facts.map(({ label, text }) =>
            label === '' ? `- ${escapeMarkdown(text)}` : `- ${escapeMarkdown(label)}: ${escapeMarkdown(text)}`,
          ),
        ].join('\n'),
      );
  parts.push(...notes.map((note) => `<sub>${escapeMarkdown(note)}</sub>`));
  return parts.join('\n\n');
}

function decorate(text: string, tone: Tone | undefined): string {
  return text !== '' && (tone === 'strong' || tone === 'bad') ? `**${text}**` : text;
}

/** Text that Markdown and the HTML in it take literally, on one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|~#$]/g, '\\$&')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, '\ufffd')
    .replaceAll('\n', '<br>');
}

/**
 * report.html: one file that opens from disk, light and dark. Pictures are there without scripts; with them, they answer
 * the pointer and tables sort. Every plot has its figures in words beside it.
 */
import { escapeHtml as e } from './escape.js';
import type { Alert, CellText, Fact, ReportDocument, Section, TableBlock, TermsBlock } from './document.js';
import type { Plot } from './plots/plot.js';
import { pageSpec } from './plots/tooltips.js';
import { config } from './plots/theme.js';
import { dataScript, type PageScripts } from './page-scripts.js';
import { renderPage } from './page.js';

export interface DrawnPlot {
  readonly plot: Plot;
  /** Without title and subtitle: the page says them in its own text, which wraps. */
  readonly svg: string;
}

/** Plots of one kind, by message size. */
export interface PlotGroup {
  /** Id of the section that they belong to. */
  readonly section: string;
  readonly plots: readonly DrawnPlot[];
}

export interface HtmlParts {
  /** `@font-face` rules of the plots' font. */
  readonly fonts: string;
  readonly scripts: PageScripts;
  /** Where the page is one of several: the way back, as HTML. */
  readonly above?: string;
}

/** Renders the page. Every name and value is escaped. */
export function renderHtml(
  document: ReportDocument,
  groups: readonly PlotGroup[],
  { fonts, scripts, above = '' }: HtmlParts,
): string {
  const plots = groups.flatMap((group) => group.plots.map(({ plot }) => plot));
  return renderPage({
    title: document.title,
    fonts,
    scripts,
    main: `<header>
${above}
<p class="kicker">mqbench</p>
<h1>${e(document.title)}</h1>
${document.lead.map((line) => `<p class="lead">${e(line)}</p>`).join('\n')}
${alertList(document.alerts)}
<nav aria-label="Contents"><ul>
${document.sections.map(({ id, title }) => `<li><a href="#${e(anchor(id))}">${e(title)}</a></li>`).join('\n')}
</ul></nav>
</header>
${document.sections.map((section) => sectionHtml(section, groups)).join('\n')}
<footer>
${alertList(document.alerts)}
<p>The same figures are in <code>result.json</code>; <code>plots/</code> has every picture as Vega-Lite, SVG and PNG.</p>
</footer>`,
    data: [
      ...(plots.length > 0 ? [dataScript('plot-config', config)] : []),
      ...plots.map(({ name, spec }) => dataScript(`spec-${anchor(name)}`, pageSpec(spec))),
    ].join('\n'),
  });
}

function anchor(id: string): string {
  return id.replace(/[^A-Za-z0-9-]/g, '-');
}

function alertList(alerts: readonly Alert[]): string {
  if (alerts.length === 0) return '';
  return `<ul class="alerts">\n${alerts.map(({ tone, text }) => `<li class="${tone}">${e(text)}</li>`).join('\n')}\n</ul>`;
}

function sectionHtml({ id, title, block, notes }: Section, groups: readonly PlotGroup[]): string {
  return `<section id="${e(anchor(id))}">
<h2>${e(title)}</h2>
${block.kind === 'table' ? tableHtml(block, title) : termsHtml(block)}
${notes.map((note) => `<p class="note">${e(note)}</p>`).join('\n')}
${groups
  .filter((group) => group.section === id)
  .map(groupHtml)
  .join('\n')}
</section>`;
}

function tableHtml({ columns, rows, keys }: TableBlock, label: string): string {
  const cell = ({ text, tone }: CellText, i: number) => {
    const column = columns[i];
    const classes = [column?.align === 'right' ? 'r' : '', column?.wide ? 'wide' : '', tone ?? '']
      .filter((c) => c !== '')
      .join(' ');
    const content = e(text).replaceAll('\n', '<br>');
    const attributes = classes === '' ? '' : ` class="${classes}"`;
    return i < keys ? `<th scope="row"${attributes}>${content}</th>` : `<td${attributes}>${content}</td>`;
  };
  return `<div class="scroll" role="region" aria-label="${e(label)}" tabindex="0"><table class="sorts">
<thead><tr>${columns.map((column) => `<th scope="col"${column.align === 'right' ? ' class="r"' : ''}>${e(column.label)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}
</tbody></table></div>`;
}

function termsHtml({ terms }: TermsBlock): string {
  const tone = (of: Fact['tone']) => (of === undefined ? '' : ` class="${of}"`);
  const list = (facts: readonly Fact[]) =>
    facts.every(({ label }) => label === '')
      ? facts.map((fact) => `<p${tone(fact.tone)}>${e(fact.text)}</p>`).join('\n')
      : `<dl>
${facts.map((fact) => `<dt>${e(fact.label)}</dt><dd${tone(fact.tone)}>${e(fact.text)}</dd>`).join('\n')}
</dl>`;
  return `<div class="terms">
${terms.map(({ term, facts }) => `<div><h3>${e(term)}</h3>${list(facts)}</div>`).join('\n')}
</div>`;
}

function groupHtml({ plots }: PlotGroup): string {
  if (plots.length === 0) return '';
  const confirms = [...new Set(plots.map(({ plot }) => plot.head.confirms))].filter((text) => text !== '');
  return `<div class="figures">
${plots.map(figureHtml).join('\n')}
</div>
${confirms.map((text) => `<p class="note">${e(text)}</p>`).join('\n')}`;
}

function figureHtml({ plot, svg }: DrawnPlot): string {
  const { title, notes } = plot.head;
  return `<figure>
<figcaption><h3>${e(title)}</h3>
${notes.map((note) => `<p>${e(note)}</p>`).join('\n')}</figcaption>
<div class="scroll plot" data-plot="${e(anchor(plot.name))}" role="region" aria-label="Picture: ${e(title)}" tabindex="0">${inlineSvg(svg, plot.name)}</div>
<details><summary>Figures as text</summary>
<p>${e(plot.description)}</p>
${tableHtml(plot.table, `Figures: ${title}`)}
</details>
</figure>`;
}

/** Ids are unique within a picture only; in one page they need its name in front. */
function inlineSvg(svg: string, name: string): string {
  const prefix = `${anchor(name)}-`;
  return svg.replace(/\bid="([^"]*)"/g, `id="${prefix}$1"`).replace(/url\(#([^)]*)\)/g, `url(#${prefix}$1)`);
}

/** report.html: one file, no scripts, opens from disk, light and dark; every plot with its figures in words beside it. */
import { escapeHtml as e } from './escape.js';
import type { Alert, CellText, ReportDocument, Section, TableBlock, TermsBlock } from './document.js';
import type { Plot } from './plots/plot.js';
import { gridColor, ink, lineColor, paper, shadeColor, softInk } from './plots/theme.js';

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

/**
 * Renders the page. Every name and value is escaped, and the page's own policy lets no script run in any case.
 * @param fonts `@font-face` rules of the plots' font
 */
export function renderHtml(document: ReportDocument, groups: readonly PlotGroup[], fonts: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">
<title>${e(document.title)} – mqbench</title>
<style>${fonts}${style}</style>
</head>
<body>
<main>
<header>
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
</footer>
</main>
</body>
</html>
`;
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
  return `<div class="scroll" role="region" aria-label="${e(label)}" tabindex="0"><table>
<thead><tr>${columns.map((column) => `<th scope="col"${column.align === 'right' ? ' class="r"' : ''}>${e(column.label)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}
</tbody></table></div>`;
}

function termsHtml({ terms }: TermsBlock): string {
  return `<div class="terms">
${terms
  .map(
    ({ term, facts }) => `<div><h3>${e(term)}</h3><dl>
${facts.map(({ label, text, tone }) => `<dt>${e(label)}</dt><dd${tone === undefined ? '' : ` class="${tone}"`}>${e(text)}</dd>`).join('\n')}
</dl></div>`,
  )
  .join('\n')}
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
<div class="scroll plot" role="region" aria-label="${e(title)}" tabindex="0">${inlineSvg(svg, plot.name)}</div>
<details><summary>Figures as text</summary>
<p>${e(plot.description)}</p>
${tableHtml(plot.table, title)}
</details>
</figure>`;
}

/** Ids are unique within a picture only; in one page they need its name in front. */
function inlineSvg(svg: string, name: string): string {
  const prefix = `${anchor(name)}-`;
  return svg.replace(/\bid="([^"]*)"/g, `id="${prefix}$1"`).replace(/url\(#([^)]*)\)/g, `url(#${prefix}$1)`);
}

/** In the dark the plots' neutral colours are exchanged for the page's. */
function plotColors(): string {
  const swap = (from: string, variable: string) =>
    `.plot [fill="${from}"]{fill:var(${variable})}.plot [stroke="${from}"]{stroke:var(${variable})}`;
  return [
    swap(ink, '--ink'),
    swap(softInk, '--soft'),
    swap(gridColor, '--grid'),
    swap(lineColor, '--line'),
    swap(shadeColor, '--shade'),
    swap(paper, '--card'),
  ].join('\n');
}

const style = `
:root{--ink:${ink};--soft:${softInk};--grid:${gridColor};--line:${lineColor};--shade:${shadeColor};--page:#f6f8fa;--card:${paper};--bad:#b3261e;--warn:#7a4b00;--good:#1a6b3c;--link:#0a5ea8}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a5b0bd;--grid:#333b45;--line:#6b7683;--shade:#252c35;--page:#0f1318;--card:#171c23;--bad:#ff8f85;--warn:#f0b85a;--good:#7bd6a0;--link:#7cc0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1400px;margin:0 auto;padding:24px clamp(12px,3vw,40px) 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 8px;overflow-wrap:anywhere}
h2{font-size:19px;margin:0 0 12px}
h3{font-size:15px;margin:0 0 6px;overflow-wrap:anywhere}
.kicker{margin:0;color:var(--soft);letter-spacing:.04em}
.lead{margin:0 0 4px;max-width:80ch;overflow-wrap:anywhere}
.note,footer{color:var(--soft);font-size:13px;max-width:100ch}
.note{margin:8px 0 0}
section{margin:36px 0 0;scroll-margin-top:12px}
a{color:var(--link)}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:16px 0 0}
.alerts{list-style:none;padding:0;margin:16px 0 0;display:grid;gap:6px}
.alerts li{border-left:4px solid var(--warn);background:var(--card);padding:8px 12px;overflow-wrap:anywhere}
.alerts .bad{border-color:var(--bad);font-weight:600}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;background:var(--card)}
th,td{text-align:left;vertical-align:top;padding:5px 12px;border-bottom:1px solid var(--grid);white-space:nowrap;font-weight:400}
thead th{color:var(--soft);border-bottom-color:var(--line);vertical-align:bottom}
.r{text-align:right}
td.wide{white-space:normal;min-width:22ch;max-width:90ch;overflow-wrap:anywhere}
.strong{font-weight:600}.dim{color:var(--soft)}.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn)}.good{color:var(--good)}
.alerts li{color:var(--ink)}
.terms{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:16px}
.terms>div{background:var(--card);border:1px solid var(--grid);border-radius:6px;padding:14px 16px}
dl{margin:0;display:grid;grid-template-columns:max-content 1fr;gap:3px 14px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;min-width:0}
.figures{margin-top:20px;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,540px),1fr));gap:20px}
figure{margin:0;min-width:0;background:var(--card);border:1px solid var(--grid);border-radius:6px}
.plot svg{display:block;width:100%;min-width:500px;max-width:720px;height:auto;margin:0 auto}
figcaption{padding:14px 16px 0;font-size:13px;color:var(--soft)}
figcaption h3{color:var(--ink)}
figcaption p{margin:0}
details{padding:0 16px 12px;font-size:13px}
summary{cursor:pointer;color:var(--soft)}
@media(max-width:560px){dl{grid-template-columns:1fr}dt{margin-top:6px}}
@media print{nav{display:none}body{background:none}figure,table{break-inside:avoid}}
${plotColors()}
`;

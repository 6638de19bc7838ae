/** The pages of `mqbench serve`: the list, and the report of one result or of several laid over each other. */
import { escapeHtml as e } from '../report/escape.js';
import { composeReport } from '../report/compose.js';
import { formatCount, nothing } from '../report/format.js';
import { buildModel } from '../report/model.js';
import { renderPage } from '../report/page.js';
import { dataScript, pageScripts } from '../report/page-scripts.js';
import { drawPage } from '../report/write.js';
import type { Result } from '../results/schema.js';
import type { Listed, Live, Unreadable } from './folder.js';

export interface Overview {
  /** As a person named the folder. */
  readonly folder: string;
  readonly results: readonly Listed[];
  readonly unreadable: readonly Unreadable[];
  readonly live: readonly Live[];
}

/** The list of all results. Without scripts it opens and overlays them, too. */
export async function overviewPage(o: Overview): Promise<string> {
  return renderPage({
    title: 'Results',
    fonts: '',
    server: true,
    scripts: await pageScripts(['theme', 'tables', 'overview']),
    data: dataScript('state', { live: o.live, names: o.results.map(({ name }) => name) }),
    main: `<header>
<p class="kicker">mqbench</p>
<h1>Results</h1>
<p class="lead">${e(o.folder)}</p>
</header>
<section id="live" aria-labelledby="live-title" hidden>
<h2 id="live-title">Going on</h2>
<p id="live-said" role="status" class="hidden"></p>
<div id="live-list" class="terms"></div>
</section>
<section aria-labelledby="results-title">
<h2 id="results-title">Stored</h2>
<p id="news" role="status"></p>
${
  o.results.length === 0
    ? '<p>None yet: <code>mqbench run</code> writes one.</p>'
    : `<p class="tools" hidden><label>Filter <input type="search" id="filter" autocomplete="off"></label> <span id="shown" role="status"></span></p>
<form action="/report" method="get">
<p><button type="submit" class="main">Open what is ticked</button> <span class="note">Several are laid over each other.</span></p>
<div class="scroll" role="region" aria-label="Stored results" tabindex="0"><table class="sorts" id="results">
<thead><tr><th scope="col">Show</th><th scope="col">Result</th><th scope="col">Scenario</th><th scope="col">Started</th><th scope="col">Targets</th><th scope="col">Sizes</th><th scope="col" class="r">Runs</th><th scope="col" class="r">Best messages/s</th><th scope="col">State</th></tr></thead>
<tbody>
${o.results.map(row).join('\n')}
</tbody></table></div>
</form>`
}
${
  o.unreadable.length === 0
    ? ''
    : `<h3>Cannot be read</h3><ul>${o.unreadable.map(({ name, reason }) => `<li><strong>${e(name)}</strong>: ${e(reason)}</li>`).join('')}</ul>`
}
</section>`,
  });
}

function row(r: Listed): string {
  const state =
    r.failed > 0
      ? `<td class="bad">${formatCount(r.failed)} failed</td>`
      : r.partial
        ? '<td class="warn">partial</td>'
        : '<td class="good">whole</td>';
  const best = r.best ? `${formatCount(r.best.throughput)} (${e(r.best.target)})` : nothing;
  return `<tr><td><input type="checkbox" name="r" value="${e(r.name)}" aria-label="Show ${e(r.name)}"></td><th scope="row" class="fold"><a href="/report?r=${encodeURIComponent(r.name)}">${e(r.name)}</a></th><td>${e(r.scenario)}</td><td>${e(r.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}</td><td class="fold">${e(r.targets.join(', '))}</td><td class="fold">${e(r.sizes.join(', '))}</td><td class="r">${formatCount(r.runs)}</td><td class="r">${best}</td>${state}</tr>`;
}

/** The report, drawn anew from what is stored. */
export async function reportPage(results: readonly Result[]): Promise<string> {
  const { plotGroups } = await import('../report/plots/index.js');
  const models = results.map(buildModel);
  return drawPage(composeReport(models, 'full'), plotGroups(models), {
    above: '<p><a href="/">All results</a></p>',
  });
}

/** A page that says in one sentence what is wrong. */
export async function errorPage(title: string, text: string): Promise<string> {
  return renderPage({
    title,
    fonts: '',
    scripts: await pageScripts(['theme']),
    data: '',
    main: `<header><p class="kicker">mqbench</p><h1>${e(title)}</h1></header><p>${e(text)}</p><p><a href="/">All results</a></p>`,
  });
}

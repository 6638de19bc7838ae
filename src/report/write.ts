/** Writes the report of one or several results into a folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StorageError } from '../errors.js';
import type { Result } from '../results/schema.js';
import { writeWhole } from '../results/store.js';
import { composeReport } from './compose.js';
import type { ReportDocument } from './document.js';
import { type PlotGroup, renderHtml } from './html.js';
import { renderMarkdown } from './markdown.js';
import { buildModel } from './model.js';
import type { Plot } from './plots/plot.js';

/** What a step tells while it goes on; one short text a picture. */
export interface ReportOptions {
  readonly progress?: (what: string) => void;
  /** Aborted: nothing more is drawn, and nothing is written. */
  readonly signal?: AbortSignal;
}

/**
 * Writes `plots/*.vl.json`, `*.svg` and `*.png`, `report.html` and `summary.md`. The same results give the same
 * bytes. All is drawn before the first file is written, and each file is written whole.
 * @param results one, or several to lay over each other
 * @returns the files written, relative to the folder
 * @throws ResultError when a stored histogram cannot be read, StorageError when the folder cannot be written,
 * InterruptedError (the signal's reason) when it aborts before the first file is written
 */
export async function writeReport(
  folder: string,
  results: readonly Result[],
  options: ReportOptions = {},
): Promise<{ files: string[] }> {
  // Vega is slow to load; whoever only prints tables need not wait for it.
  const { plotGroups } = await import('./plots/index.js');
  const models = results.map(buildModel);
  return writeDocument(folder, composeReport(models, 'full'), plotGroups(models), options);
}

/** Plots of one section of a document, before they are drawn. */
export interface UndrawnGroup {
  readonly section: string;
  readonly plots: readonly Plot[];
}

/**
 * Writes a document with its plots, as {@link writeReport} does.
 * @returns the files written, relative to the folder
 * @throws ResultError when a stored histogram cannot be read or the folder cannot be written
 */
export async function writeDocument(
  folder: string,
  document: ReportDocument,
  undrawn: readonly UndrawnGroup[],
  options: ReportOptions = {},
): Promise<{ files: string[] }> {
  const files = await drawDocument(document, undrawn, options);
  try {
    await mkdir(folder, { recursive: true });
    // Not recursive: then Node would call a disk that is read-only one that is not there.
    await mkdir(join(folder, 'plots')).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    for (const { path, content } of files) await writeWhole(join(folder, path), content);
  } catch (error) {
    throw new StorageError('The report', folder, error);
  }
  return { files: files.map(({ path }) => path) };
}

interface ReportFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

async function drawDocument(
  document: ReportDocument,
  undrawn: readonly UndrawnGroup[],
  options: ReportOptions,
): Promise<ReportFile[]> {
  const { loadRenderer } = await import('./render.js');
  const renderer = await loadRenderer();
  const files: ReportFile[] = [];
  const html = await drawPage(document, undrawn, {
    ...options,
    drawn: ({ name, spec }, whole) =>
      files.push(
        { path: `plots/${name}.vl.json`, content: JSON.stringify(spec, null, 1) + '\n' },
        { path: `plots/${name}.svg`, content: whole + '\n' },
        { path: `plots/${name}.png`, content: renderer.png(whole) },
      ),
  });
  return [...files, { path: 'summary.md', content: renderMarkdown(document) }, { path: 'report.html', content: html }];
}

/**
 * Draws the page alone, as {@link writeReport} stores it.
 * @param options.drawn takes each picture with its head, as a file of its own has it
 * @param options.above the way back, as HTML, where the page is one of several
 * @throws as {@link writeReport}
 */
export async function drawPage(
  document: ReportDocument,
  undrawn: readonly UndrawnGroup[],
  options: ReportOptions & { readonly drawn?: (plot: Plot, svg: string) => void; readonly above?: string } = {},
): Promise<string> {
  const [{ loadRenderer }, { fontFaces }, { pageScripts }] = await Promise.all([
    import('./render.js'),
    import('./web-font.js'),
    import('./page-scripts.js'),
  ]);
  const renderer = await loadRenderer();
  const groups: PlotGroup[] = [];
  for (const { section, plots } of undrawn) {
    const drawn = [];
    for (const plot of plots) {
      // A picture takes its time without a pause; a signal is noticed between two.
      await nextTurn();
      options.signal?.throwIfAborted();
      options.progress?.(plot.name);
      const { whole, bare } = await renderer.svg(plot);
      drawn.push({ plot, svg: bare });
      options.drawn?.(plot, whole);
    }
    groups.push({ section, plots: drawn });
  }
  const fonts = await fontFaces(groups.flatMap(({ plots }) => plots.map(({ svg }) => svg)));
  const scripts = await pageScripts(['theme', 'tables', 'plots']);
  const above = options.above === undefined ? {} : { above: options.above };
  return renderHtml(document, groups, { fonts, scripts, ...above });
}

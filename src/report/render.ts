/** Vega-Lite → SVG → PNG, without a browser, a network or the machine's fonts. */
import type { Resvg as ResvgClass } from '@resvg/resvg-js';
import type * as VegaModule from 'vega';
import type { compile as Compile, TopLevelSpec } from 'vega-lite';
import { fontFamily, fontFiles, textWidth } from './font.js';
import { escapeHtml } from './escape.js';
import type { Plot } from './plots/plot.js';

/** Pixels of a PNG for one of the SVG. */
const scale = 2;

/** Turns specifications into pictures. Made once: loading Vega takes a second. */
export interface Renderer {
  /**
   * @returns the picture as a file, and without its head, for a page that says the head itself
   * @throws Error when the specification does not compile
   */
  svg(plot: Plot): Promise<{ readonly whole: string; readonly bare: string }>;
  png(svg: string): Uint8Array;
}

export async function loadRenderer(): Promise<Renderer> {
  const [vega, { compile }, { Resvg }] = await Promise.all([
    import('vega'),
    import('vega-lite'),
    import('@resvg/resvg-js'),
  ]);
  measureWithOurFont(vega);
  return {
    svg: async ({ spec, head: { title }, description }) => {
      const bare = { ...spec };
      delete bare.title;
      return {
        whole: await renderSvg(vega, compile, spec, title, description),
        bare: await renderSvg(vega, compile, bare, title, description),
      };
    },
    png: (svg) => renderPng(Resvg, svg),
  };
}

/**
 * Vega guesses a text's width where there is no canvas, and asks the system's fonts where there is one. Neither
 * gives the same picture everywhere; our own font does. Vega provides for a function of one's own here.
 */
function measureWithOurFont(vega: typeof VegaModule): void {
  interface TextItem {
    readonly fontSize?: number;
    readonly fontWeight?: string | number;
  }
  const { textMetrics } = vega as unknown as {
    textMetrics: { width: (item: TextItem, text: string | number | null) => number };
  };
  textMetrics.width = (item, text) => {
    const bold = item.fontWeight === 'bold' || Number(item.fontWeight) >= 600;
    return textWidth(String(text ?? ''), item.fontSize ?? 11, bold);
  };
}

async function renderSvg(
  vega: typeof VegaModule,
  compile: typeof Compile,
  spec: TopLevelSpec,
  title: string,
  description: string,
): Promise<string> {
  const problems: string[] = [];
  const report = (...texts: readonly unknown[]) => {
    problems.push(texts.map(String).join(' '));
    return logger;
  };
  const quiet = () => logger;
  // A warning of the compiler is a mistake of ours: it must not pass unseen.
  const logger = {
    level: quiet,
    error: report,
    warn: report,
    info: quiet,
    debug: quiet,
  } as unknown as VegaModule.LoggerInterface;
  const { spec: compiled } = compile(spec, { logger });
  // Vega numbers clip paths and gradients on through all pictures; each picture starts again.
  vega.resetSVGDefIds();
  const loader = { ...vega.loader(), load: () => Promise.reject(new Error('A plot has its data inside.')) };
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', loader, logger, logLevel: vega.Warn });
  try {
    const svg = await view.toSVG();
    if (problems.length > 0) throw new Error(`The plot "${title}" is not well formed: ${problems.join('; ')}`);
    return withDescription(svg, title, description);
  } finally {
    view.finalize();
  }
}

/** What may not stand in an XML document, not even escaped (https://www.w3.org/TR/xml/#charsets). */
const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function withDescription(svg: string, title: string, description: string): string {
  return svg
    .replaceAll(notXml, '\ufffd')
    .replace(
      /^<svg([^>]*)>/,
      (_, attributes: string) =>
        `<svg role="img"${attributes}><title>${escapeHtml(title)}</title><desc>${escapeHtml(description)}</desc>`,
    );
}

function renderPng(Resvg: typeof ResvgClass, svg: string): Uint8Array {
  return new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: Object.values(fontFiles),
      defaultFontFamily: fontFamily,
      sansSerifFamily: fontFamily,
    },
  })
    .render()
    .asPng();
}

/** The frame of every page that mqbench makes: one file, nothing loaded from anywhere, no script but its own. */
import { escapeHtml as e } from './escape.js';
import type { PageScripts } from './page-scripts.js';
import { pageStyle } from './page-style.js';

export interface PageParts {
  readonly title: string;
  /** `@font-face` rules; none where nothing is drawn. */
  readonly fonts: string;
  /** HTML of `<main>`: every name and value in it is escaped. */
  readonly main: string;
  /** Elements after it that hold data for scripts. */
  readonly data: string;
  readonly scripts: PageScripts;
  /** It comes from a server of its own, which it may ask and send its form to. */
  readonly server?: boolean;
}

/** Renders a page; the same parts give the same text. */
export function renderPage({ title, fonts, main, data, scripts, server = false }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy(scripts.sources, server)}">
<title>${e(title)} – mqbench</title>
<link rel="icon" href="data:,">
<style>${fonts}${pageStyle}</style>
</head>
<body>
<main>
${main}
</main>
${data}
${scripts.html}
</body>
</html>
`;
}

/** Scripts by their hash alone; styles also in place, as pictures have them; nothing from a network. */
function policy(sources: string, server: boolean): string {
  return [
    "default-src 'none'",
    `script-src ${sources}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    ...(server ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    `form-action ${server ? "'self'" : "'none'"}`,
  ].join('; ');
}

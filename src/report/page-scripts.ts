/**
 * The scripts of a page, each named by its hash in the page's policy: no other script runs in it, whatever a name or
 * a value holds, and none may load anything.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '../root.js';

const require = createRequire(import.meta.url);

/** The libraries’ own files for a page, which their `exports` do not name. */
const libraries = [
  ['vega', 'vega.min.js'],
  ['vega-lite', 'vega-lite.min.js'],
  ['vega-embed', 'vega-embed.min.js'],
] as const;

/** What mqbench itself runs in a page: the files of src/page. */
export type PageScript = 'theme' | 'tables' | 'plots' | 'overview';

export interface PageScripts {
  /** Elements for the end of the body. */
  readonly html: string;
  /** For `script-src` of the page’s policy. */
  readonly sources: string;
}

/** @param names mqbench’s own; `plots` brings the libraries along */
export async function pageScripts(names: readonly PageScript[]): Promise<PageScripts> {
  const texts = [
    ...(names.includes('plots')
      ? libraries.map(async ([name, file]) => ({
          attributes: '',
          text: await readFile(join(dirname(require.resolve(name)), file), 'utf8'),
        }))
      : []),
    ...names.map(async (name) => ({
      attributes: ' type="module"',
      // From src/ and dist/ alike: a page’s script must be compiled.
      text: await readFile(join(packageRoot, 'dist', 'page', `${name}.js`), 'utf8'),
    })),
  ];
  const scripts = (await Promise.all(texts)).map(({ attributes, text }) => ({ attributes, text: inScript(text) }));
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64');
  return {
    html: scripts.map(({ attributes, text }) => `<script${attributes}>${text}</script>`).join('\n'),
    sources: scripts.map(({ text }) => `'sha256-${hash(text)}'`).join(' '),
  };
}

/** A script’s text between its tags: nothing in it may look like their end, and no map is looked for. */
function inScript(text: string): string {
  return text.replace(/^\/\/# sourceMappingURL=.*$/gm, '').replace(/<(?=\/script|!--)/gi, '\\x3c');
}

/** Data for a script, as an element that is never run. */
export function dataScript(id: string, data: unknown): string {
  // Escaped as JSON has it, so that neither `</script>` nor `<!--` can stand in it.
  const text = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<script type="application/json" id="${id}">${text}</script>`;
}

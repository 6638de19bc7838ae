/** The plots' font for the page: cut down to the characters that its plots use, so that it adds little to the file. */
import { readFile } from 'node:fs/promises';
import subsetFont from 'subset-font';
import { fontFamily, fontFiles } from './font.js';

/**
 * The `@font-face` rules that a page needs to show these pictures as they were laid out, on any machine.
 * @param svgs the pictures on the page
 */
export async function fontFaces(svgs: readonly string[]): Promise<string> {
  // Markup counts as text too; that adds a few letters and spares taking the pictures apart.
  const characters = [...new Set(svgs.join(''))].sort().join('');
  if (characters === '') return '';
  const faces = [
    [400, fontFiles.regular],
    [600, fontFiles.bold],
  ] as const;
  const rules = await Promise.all(
    faces.map(async ([weight, file]) => {
      // Not woff2: 5 kB less each, for which every report would take 0.7 s longer.
      const font = await subsetFont(await readFile(file), characters, { targetFormat: 'woff' });
      return `@font-face{font-family:${fontFamily};font-weight:${weight};src:url(data:font/woff;base64,${font.toString('base64')}) format("woff")}`;
    }),
  );
  return rules.join('\n');
}

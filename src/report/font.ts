/**
 * The font of all plots. It ships with mqbench, so that a machine without fonts draws the same picture, and texts
 * are measured with it, so that the layout is the same everywhere.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type opentype from 'opentype.js';

export const fontFamily = 'Inter';
/** As CSS: where the file is shown without the bundled font, the system's own comes closest. */
export const fontStack = `${fontFamily}, system-ui, sans-serif`;

const require = createRequire(import.meta.url);

/** The font files that a renderer needs to load: regular and semi-bold. */
export const fontFiles = {
  regular: require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
} as const;

const measures = new Map<string, (character: string) => number>();

function measureOf(file: string): (character: string) => number {
  const known = measures.get(file);
  if (known) return known;
  // Slow to load, and most commands draw nothing.
  const library = require('opentype.js') as typeof opentype;
  const data = readFileSync(file);
  const font = library.parse(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength), {
    lowMemory: true,
  });
  const widths = new Map<string, number>();
  const measure = (character: string): number => {
    let width = widths.get(character);
    if (width === undefined) {
      width = (font.charToGlyph(character).advanceWidth ?? font.unitsPerEm / 2) / font.unitsPerEm;
      widths.set(character, width);
    }
    return width;
  };
  measures.set(file, measure);
  return measure;
}

/** Width of a text in pixels, without kerning (which makes it a little narrower). */
export function textWidth(text: string, size: number, bold = false): number {
  const measure = measureOf(bold ? fontFiles.bold : fontFiles.regular);
  let sum = 0;
  for (const character of text) sum += measure(character);
  return sum * size;
}

/**
 * Breaks a text into lines of at most `width` pixels, at spaces, and within a word that alone is wider. What is
 * left over after `most` lines is cut off with an ellipsis.
 */
export function wrapText(
  text: string,
  width: number,
  size: number,
  options: { bold?: boolean; most?: number } = {},
): string[] {
  const fits = (line: string) => textWidth(line, size, options.bold) <= width;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((w) => w !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (line !== '' && !fits(line + character)) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  if (line !== '') lines.push(line);
  const most = options.most ?? lines.length;
  if (lines.length <= most) return lines;
  let last = lines[most - 1] ?? '';
  while (last !== '' && !fits(`${last}…`)) last = [...last].slice(0, -1).join('');
  return [...lines.slice(0, most - 1), `${last.trimEnd()}…`];
}

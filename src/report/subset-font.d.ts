/** The part of subset-font that is used here; the package has no types. */
declare module 'subset-font' {
  /** Keeps the glyphs of `text` and what they need. */
  export default function subsetFont(
    font: Buffer,
    text: string,
    options: { readonly targetFormat: 'woff' },
  ): Promise<Buffer>;
}

/** The little of opentype.js that is used here; its published types need a browser's. */
declare module 'opentype.js' {
  export interface Font {
    readonly unitsPerEm: number;
    charToGlyph(character: string): { readonly advanceWidth?: number };
  }
  const opentype: { parse(buffer: ArrayBuffer, options?: { lowMemory: boolean }): Font };
  export default opentype;
}

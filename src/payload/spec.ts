/** What stands in a body behind its envelope. Plain data: it crosses to the workers and into the result. */

/** What a template's placeholder stands for: one of a list, or a whole number of a range, both ends included. */
export type TemplateValue = readonly (string | number | boolean)[] | { readonly from: number; readonly to: number };

export type PayloadSpec =
  /** Incompressible bytes from the seed. */
  | { readonly kind: 'random' }
  | { readonly kind: 'zeros' }
  /** English words from the seed, in ASCII. */
  | { readonly kind: 'text' }
  /** A JSON document, its placeholders drawn by the seed; spaces fill the body up. */
  | { readonly kind: 'json'; readonly template: string; readonly values: Readonly<Record<string, TemplateValue>> }
  /** Pieces of a file, one after another and from the beginning again. */
  | {
      readonly kind: 'file';
      /** Absolute. */
      readonly file: string;
      readonly bytes: number;
      /** SHA-256 (hex) when the scenario was read: workers refuse a file that has changed since. */
      readonly sha256: string;
    };

/** What a run's bodies hold: the scenario's payload, or texts that its pattern gives them, message n the n-th in turn. */
export type Content = PayloadSpec | { readonly kind: 'texts'; readonly texts: readonly string[] };

/** What `mqbench doctor` finds out: one check a line. */
export interface Check {
  readonly name: string;
  /** `problem`: a broker cannot be had. `warning`: it will run, and figures are worth less or may not come. */
  readonly status: 'ok' | 'warning' | 'problem';
  /** What was found. */
  readonly found: string;
  /** What to do about it; always there unless all is well. */
  readonly advice?: string;
}

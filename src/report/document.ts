/** The report as data: what every rendering (terminal, Markdown, HTML) says, in one order and one wording. */

/** How a text is to be taken; renderings choose the colour. */
export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'strong';

/** One cell of a table; may have several lines. */
export interface CellText {
  readonly text: string;
  readonly tone?: Tone;
}

export interface Column {
  readonly label: string;
  readonly align: 'left' | 'right';
  /** Long text: takes the width that is left and wraps. */
  readonly wide?: true;
}

export interface TableBlock {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly CellText[])[];
  /** Leading columns that name the row, repeated when a table must be split to fit. */
  readonly keys: number;
}

/** Things with a name and facts about each. */
export interface TermsBlock {
  readonly kind: 'terms';
  readonly terms: readonly {
    readonly term: string;
    readonly facts: readonly Fact[];
  }[];
}

export interface Fact {
  /** Empty where the text needs none. */
  readonly label: string;
  readonly text: string;
  readonly tone?: Tone;
}

export interface Section {
  /** Unique in the document; an anchor in HTML. */
  readonly id: string;
  readonly title: string;
  readonly block: TableBlock | TermsBlock;
  /** What must be known to read it. */
  readonly notes: readonly string[];
}

/** Something that changes what the whole report is worth; said first and last. */
export interface Alert {
  readonly tone: 'bad' | 'warn';
  readonly text: string;
}

export interface ReportDocument {
  readonly title: string;
  /** What it is about, a line each. */
  readonly lead: readonly string[];
  readonly alerts: readonly Alert[];
  readonly sections: readonly Section[];
}

/** What a broker has: destinations and how messages get to them, as its own list commands show it. Reading only. */

/** One thing in a list: what is said of it, in the order of its columns. */
export type Row = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

export interface Topology {
  readonly product: string;
  readonly version?: string;
  /** Which interface said so. */
  readonly source: string;
  /** By what the broker calls them, e.g. `queues`, `exchanges`, `bindings`. */
  readonly lists: Readonly<Record<string, readonly Row[]>>;
}

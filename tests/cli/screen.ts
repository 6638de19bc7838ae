/** What a terminal shows after what was written to it: as much of ECMA-48 as a redrawn table needs. */

export class Screen {
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** Characters that found no room in their line, which a terminal breaks then. */
  wrapped = 0;
  /** Control sequences that are not known here. */
  readonly unknown: string[] = [];

  constructor(private readonly columns: number) {}

  get lines(): string[] {
    return this.#rows.map((row) => row.join('').trimEnd());
  }

  write(text: string): void {
    for (const [token] of text.matchAll(/\u001b\[[?\d;]*[A-Za-z]|\u001b.|[^]/gu)) this.#take(token);
  }

  #take(token: string): void {
    const [, parameter = '', command] = /^\u001b\[([?\d;]*)([A-Za-z])$/.exec(token) ?? [];
    const count = Math.max(1, Number(parameter) || 0);
    if (token === '\r') this.#column = 0;
    else if (token === '\n') this.#down();
    else if (command === 'A') this.#row = Math.max(0, this.#row - count);
    else if (command === 'B') for (let i = 0; i < count; i++) this.#down();
    else if (command === 'G') this.#column = count - 1;
    else if (command === 'K')
      this.#rows[this.#row] = parameter === '2' ? [] : (this.#rows[this.#row] ?? []).slice(0, this.#column);
    else if (command === 'J') {
      this.#rows[this.#row] = (this.#rows[this.#row] ?? []).slice(0, this.#column);
      this.#rows.length = this.#row + 1;
    } else if (command === 'm' || parameter.startsWith('?')) return;
    else if (token.startsWith('\u001b')) this.unknown.push(JSON.stringify(token));
    else this.#put(token);
  }

  #down(): void {
    this.#row++;
    this.#rows[this.#row] ??= [];
  }

  #put(character: string): void {
    if (this.#column >= this.columns) this.wrapped++;
    const row = this.#rows[this.#row]!;
    while (row.length < this.#column) row.push(' ');
    row[this.#column++] = character;
  }
}

/** Tables that sort by the column whose head is pressed: upwards, downwards, and as they were. */

/** Bytes of a size's unit, and nothing for other units: they are the same within a column. */
const units: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2 };

/** A cell as a number, where it begins with one: a date or a time, and an id that begins with one, is a text. */
function numberOf(text: string): number | undefined {
  const [, sign, digits, unit = ''] = /^([-−+]?)(?!\d+(?:-\d|:))([\d,]+(?:\.\d+)?)\s*([A-Za-z]*)/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits.replaceAll(',', '')) * (sign === '−' || sign === '-' ? -1 : 1) * (units[unit] ?? 1);
}

/** Numbers before texts, and what has no figure last, in whichever direction. */
function compare(a: string, b: string, direction: 1 | -1): number {
  const nothing = (text: string): boolean => text === '' || text === '–';
  if (nothing(a) || nothing(b)) return Number(nothing(a)) - Number(nothing(b));
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return (x - y) * direction;
  if (x !== undefined || y !== undefined) return x === undefined ? 1 : -1;
  return a.localeCompare(b, 'en', { numeric: true }) * direction;
}

for (const table of document.querySelectorAll<HTMLTableElement>('table.sorts')) {
  const body = table.tBodies[0];
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  if (body === undefined || body.rows.length < 2) continue;
  const rows = [...body.rows];
  for (const [column, head] of heads.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const next = { none: 'ascending', ascending: 'descending', descending: 'none' } as const;
      const order = next[(head.ariaSort as keyof typeof next | null) ?? 'none'];
      for (const other of heads) other.removeAttribute('aria-sort');
      if (order !== 'none') head.ariaSort = order;
      const text = (row: HTMLTableRowElement): string => row.cells[column]?.textContent.trim() ?? '';
      body.append(
        ...(order === 'none'
          ? rows
          : rows.toSorted((a, b) => compare(text(a), text(b), order === 'ascending' ? 1 : -1))),
      );
    });
  }
}

export {};

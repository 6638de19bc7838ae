/** Counts in running text. */

/** "1 run", "3 runs", "1,200 messages"; the same on every machine, whatever its locale. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${Math.round(count).toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

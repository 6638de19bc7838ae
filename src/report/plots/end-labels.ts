/** Names at the ends of lines, pushed apart where lines end close to each other. */

const spacing = 15;

/** Moves the places of labels, in pixels from one edge of a panel, so that none is upon another and all are within. */
export function pushApart<T extends { pixel: number }>(ends: readonly T[], height: number): T[] {
  const apart = ends.toSorted((a, b) => a.pixel - b.pixel).map((end) => ({ ...end }));
  let free = -Infinity;
  for (const end of apart) free = (end.pixel = Math.max(end.pixel, free)) + spacing;
  let ceiling = height + spacing / 2;
  for (const end of apart.toReversed()) ceiling = (end.pixel = Math.min(end.pixel, ceiling)) - spacing;
  return apart;
}

/** What a run of a pattern did not show, though nothing was lost. */
import type { RunRecord, SubscriberRecord } from '../results/schema.js';

/** Subscribers for whom nothing was sent: that all of it arrived says nothing. Who came late may have missed it all. */
export function nothingExpected(subscribers: readonly SubscriberRecord[] = []): string[] {
  return subscribers.flatMap(({ consumer, expected, late }) =>
    expected > 0 || late === true ? [] : [`no message was for subscriber ${consumer}: its bindings were not tried`],
  );
}

/** Priorities that made no difference, such as on a broker that was not set up for them. */
export function notOvertaken(levels: RunRecord['levels'] = []): string[] {
  const measured = levels.filter(({ endToEnd }) => endToEnd.count > 0).toSorted((a, b) => a.priority - b.priority);
  const [least, most] = [measured[0], measured.at(-1)];
  if (least === undefined || most === undefined || least === most) return [];
  if (most.endToEnd.p50Ms < least.endToEnd.p50Ms) return [];
  return [
    `the most urgent messages took as long as the least urgent (half of them ${most.endToEnd.p50Ms} ms and ${least.endToEnd.p50Ms} ms): nothing waited in the queue, or the broker ignores priorities`,
  ];
}

/** Whether ActiveMQ holds producers up at this moment, from what its MBeans say. */
import type { DestinationBean, Kind } from './parse.js';

/**
 * Remembers the sends that flow control made wait, from look to look. ActiveMQ tells of nothing that holds for each
 * way to wait (Queue.send, Topic.send and BaseDestination.waitForSpace of 6.3):
 * - A client that waits for a receipt is marked as blocked while messages of its wait, and so is one that waits for
 *   none, whose connection stands still meanwhile; but not where a topic is full and it waits for a receipt.
 * - `BlockedSends` of a destination goes down again for the former and never does for the latter, so that its value
 *   says nothing; its growth says that some had to wait since the last look.
 * - A full topic makes whoever sends to it wait.
 */
export class FlowControl {
  /** Undefined until the first look. */
  #before: ReadonlyMap<string, number> | undefined;

  /**
   * @param blocked producers that are marked as blocked
   * @param destinations by the name of their MBean
   * @returns clients that are held up; 1 where nobody is marked and somebody had to wait
   */
  heldUp(
    blocked: number,
    destinations: readonly { readonly name: string; readonly kind: Kind; readonly bean: DestinationBean }[],
  ): number {
    const before = this.#before;
    // Only what is there now is remembered: a destination that is new, or was made anew, counts from 0.
    this.#before = new Map(destinations.map(({ name, bean }) => [name, bean.BlockedSends ?? 0]));
    const waited = destinations.some(({ name, kind, bean }) => {
      const isFull = bean.ProducerFlowControl === true && (bean.MemoryPercentUsage ?? 0) >= 100;
      const grew = before !== undefined && (bean.BlockedSends ?? 0) > (before.get(name) ?? 0);
      return grew || (kind === 'topic' && isFull);
    });
    return Math.max(blocked, waited ? 1 : 0);
  }
}

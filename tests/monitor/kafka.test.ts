import { describe, expect, it } from 'vitest';
import { chosenGroups } from '../../src/monitor/kafka/parse.js';

describe('the groups that Kafka is asked about', () => {
  const all = ['zebra-orders', 'b', 'a', 'orders-billing', 'c'];

  it('are by name', () => {
    expect(chosenGroups(all, '', 10)).toEqual(['a', 'b', 'c', 'orders-billing', 'zebra-orders']);
  });

  it('are those first that are looked for, where there are too many', () => {
    expect(chosenGroups(all, 'orders', 3)).toEqual(['orders-billing', 'zebra-orders', 'a']);
  });
});

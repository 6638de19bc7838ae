import { describe, expect, it } from 'vitest';
import { parseCounters } from '../../../src/brokers/stomp/statistics.js';

/** An answer of ActiveMQ 6.3.1, shortened. */
const answer = JSON.stringify({
  map: {
    entry: [
      { string: 'dequeueCount', long: 3 },
      { string: ['brokerId', 'ID:host-1'] },
      { string: 'consumerCount', long: 2 },
      { string: 'minEnqueueTime', double: 1.5 },
      { string: 'memoryPercentUsage', int: 0 },
      { string: 'inflightCount', long: 4 },
      { string: 'size', long: 10 },
      { string: 'enqueueCount', long: 13 },
    ],
  },
});

describe('parseCounters', () => {
  it('reads the counters and nothing else', () => {
    expect(parseCounters(answer)).toEqual({
      size: 10,
      inflightCount: 4,
      consumerCount: 2,
      enqueueCount: 13,
      dequeueCount: 3,
    });
  });

  it.each([
    ['the mark at the end of the list', '{"map":""}'],
    ['a map of one entry', '{"map":{"entry":{"string":"size","long":1}}}'],
    ['what is no JSON', '<map/>'],
    ['another document', '[1]'],
  ])('finds none in %s', (_name, text) => {
    expect(parseCounters(text)).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { dialectOf } from '../../../src/brokers/stomp/dialect.js';
import { Addressing } from '../../../src/brokers/stomp/topology.js';

it('a header of any name is sent, but for those of STOMP itself', () => {
  const message = { constructor: 'ferrari', toString: 'x', team: 'red', receipt: 'no' };
  const spec = {
    name: 'q',
    consumers: 1,
    guarantee: 'at-least-once',
    pattern: { kind: 'headers', bindings: [[{ match: 'all', headers: message }]], durable: false },
  } as const;
  const sent = { destination: '/topic/q' };
  new Addressing(spec, dialectOf('ActiveMQ/6.3.1')!).addTo(sent, { headers: message });
  expect(Object.entries(sent)).toEqual([
    ['destination', '/topic/q'],
    ['constructor', 'ferrari'],
    ['toString', 'x'],
    ['team', 'red'],
  ]);
});

import { expect, it } from 'vitest';
import { destinationFromBean } from '../../src/monitor/activemq/parse.js';

it('what ActiveMQ counts below 0 in flight is nothing in flight', () => {
  const bean = { Name: 'q', QueueSize: 3, InFlightCount: -1 };
  expect(destinationFromBean(bean, 'queue')).toMatchObject({ ready: 3, unacknowledged: 0, total: 3 });
});

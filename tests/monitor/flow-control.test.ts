import { describe, expect, it } from 'vitest';
import { FlowControl } from '../../src/monitor/activemq/flow-control.js';
import type { DestinationBean, Kind } from '../../src/monitor/activemq/parse.js';

const one = (kind: Kind, bean: Partial<DestinationBean>) => [{ name: 'bean', kind, bean: { Name: 'q', ...bean } }];

describe('flow control of ActiveMQ', () => {
  it('is what goes on, not what once was', () => {
    const control = new FlowControl();
    const queue = (BlockedSends: number) => one('queue', { BlockedSends });
    // Somebody had to wait before this monitor came, or before the run began.
    expect(control.heldUp(0, queue(5))).toBe(0);
    expect(control.heldUp(0, queue(5))).toBe(0);
    expect(control.heldUp(0, queue(7))).toBe(1);
    expect(control.heldUp(0, queue(7))).toBe(0);
    // Made anew, or one that waited for receipts goes on.
    expect(control.heldUp(0, queue(2))).toBe(0);
    expect(control.heldUp(0, queue(3))).toBe(1);
    expect(control.heldUp(0, [])).toBe(0);
    expect(control.heldUp(0, queue(9))).toBe(1);
  });

  it('is of as many clients as are marked', () => {
    const control = new FlowControl();
    expect(control.heldUp(2, one('queue', { BlockedSends: 40 }))).toBe(2);
    expect(control.heldUp(2, one('queue', { BlockedSends: 41 }))).toBe(2);
  });

  it('is seen by a full topic, unless its messages are dropped or go to disk', () => {
    const full = { MemoryPercentUsage: 104, ProducerFlowControl: true };
    expect(new FlowControl().heldUp(0, one('topic', full))).toBe(1);
    expect(new FlowControl().heldUp(0, one('topic', { ...full, MemoryPercentUsage: 99 }))).toBe(0);
    expect(new FlowControl().heldUp(0, one('topic', { ...full, ProducerFlowControl: false }))).toBe(0);
    // Who sends to a full queue is marked.
    expect(new FlowControl().heldUp(0, one('queue', full))).toBe(0);
  });
});

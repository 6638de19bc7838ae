import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { activityText, brokerActivity } from '../../src/metrics/broker-activity.js';
import { addMetrics, clientUse } from '../../src/monitor/run/client-use.js';
import { processTree } from '../../src/metrics/proc.js';
import { ProcessMeter } from '../../src/monitor/run/process-meter.js';
import type { BrokerSampleRecord } from '../../src/results/schema.js';

const none = {
  produceRequests: 0,
  produceMs: 0,
  produceBytes: 0,
  records: 0,
  batches: 0,
  fetches: 0,
  fetchMs: 0,
  fetched: 0,
  lagMax: 0,
};

describe('client metrics', () => {
  it('are means over the time between two looks, over all clients', () => {
    const one = { ...none, produceRequests: 10, produceMs: 50, produceBytes: 4000, records: 100, batches: 40 };
    const other = { ...none, fetches: 4, fetchMs: 20, fetched: 90, lagMax: 7 };
    expect(clientUse(none, addMetrics([one, other, { ...none, lagMax: 3 }]), 2)).toEqual({
      produceRequestsPerSecond: 5,
      produceRequestMs: 5,
      recordsPerRequest: 10,
      batchBytes: 100,
      fetchesPerSecond: 2,
      fetchMs: 5,
      recordsLagMax: 7,
    });
    // Nothing happened: no mean of nothing.
    expect(clientUse(one, one, 1)).toEqual({});
  });
});

describe.skipIf(!existsSync('/proc/self/stat'))('the process tree', () => {
  it('has children of children, their CPU and memory, and does not mind that one ends', async () => {
    const spin = 'const t=Date.now();while(Date.now()-t<60000);';
    const child = spawn(
      process.execPath,
      [
        '-e',
        `require('child_process').spawn(process.execPath,['-e',${JSON.stringify(spin)}]);setInterval(()=>{},1000)`,
      ],
      { stdio: 'ignore' },
    );
    const pid = child.pid!;
    try {
      const deadline = Date.now() + 30_000;
      while (processTree([pid]).length < 2 && Date.now() < deadline) await new Promise((r) => setTimeout(r, 20));
      const [, grandchild = 0] = processTree([pid]);
      expect(grandchild).toBeGreaterThan(0);
      const meter = new ProcessMeter([pid]);
      let cpu = 0;
      // However little of the machine it gets, it spins.
      while (cpu === 0 && Date.now() < deadline) {
        await new Promise((r) => setTimeout(r, 200));
        const use = meter.next();
        cpu = use?.cpu ?? 0;
        expect(use?.rssBytes).toBeGreaterThan(10e6);
        expect(use?.diskWrittenBytesPerSecond).toBeGreaterThanOrEqual(0);
        expect(use?.networkReceivedBytesPerSecond).toBeGreaterThanOrEqual(0);
      }
      expect(cpu).toBeGreaterThan(0);
      process.kill(grandchild, 'SIGKILL');
      await new Promise((r) => setTimeout(r, 100));
      expect(meter.next()?.cpu).toBeGreaterThanOrEqual(0);
    } finally {
      for (const one of processTree([pid]).reverse()) process.kill(one, 'SIGKILL');
    }
    await new Promise((resolve) => child.once('close', resolve));
    expect(new ProcessMeter([pid]).next()).toBeUndefined();
  });

  it('says nothing of a broker that is elsewhere', () => {
    expect(new ProcessMeter([]).next()).toBeUndefined();
  });
});

describe("a broker's activity", () => {
  const sample = (more: Partial<BrokerSampleRecord>): BrokerSampleRecord => ({ t: 0, phase: 'measure', ...more });

  it('counts alarms and flow control of the measured part only', () => {
    const activity = brokerActivity({
      notes: [],
      samples: [
        sample({ phase: 'warmup', memoryAlarm: true, heldUp: 1, process: { cpu: 9, rssBytes: 1 } }),
        sample({
          memoryAlarm: true,
          heldUp: 1,
          ready: 10,
          process: { cpu: 1, rssBytes: 1, diskWrittenBytesPerSecond: 2e6 },
        }),
        sample({ memoryAlarm: false, heldUp: 0, ready: 1234, process: { cpu: 2, rssBytes: 1 } }),
      ],
    });
    expect(activity.alarms).toEqual(['a memory alarm in 1 of 2 samples']);
    expect(activity.cpu).toBe(1.5);
    expect(activityText(activity)).toEqual([
      'the broker: its processes used 1.50 cores; wrote 2.0 MB/s to disk; at most 1,234 messages waiting; flow control held clients up in 1 of 2 samples',
    ]);
  });

  it('says nothing where nothing was seen', () => {
    expect(activityText(brokerActivity({ notes: [], samples: [] }))).toEqual([]);
    expect(activityText(undefined)).toEqual([]);
  });
});

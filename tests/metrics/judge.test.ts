import { describe, expect, it } from 'vitest';
import { type Evidence, judge, judgeRate } from '../../src/metrics/judge.js';
import type { DeliveryRecord, WorkerLoad } from '../../src/results/schema.js';

const delivery: DeliveryRecord = {
  sent: 100_000,
  confirmed: 100_000,
  unconfirmed: 0,
  received: 100_000,
  unique: 100_000,
  duplicates: 0,
  lost: 0,
  outOfOrder: 0,
  redelivered: 0,
  redeliveredKnown: true,
  corrupt: 0,
  foreign: 0,
};
const worker = (role: 'producer' | 'consumer', index: number, loop: number, windowFull?: number): WorkerLoad => ({
  role,
  index,
  pid: 1,
  messages: 25_000,
  cpu: loop,
  loop,
  rssBytes: 1e8,
  ...(windowFull === undefined ? {} : { windowFull }),
});
const clients = (producerLoop: number, windowFull: number, consumerLoop: number): WorkerLoad[] => [
  worker('producer', 0, producerLoop, windowFull),
  ...[0, 1, 2, 3].map((i) => worker('consumer', i, consumerLoop)),
];
const good: Evidence = {
  guarantee: 'at-least-once',
  load: { kind: 'closed', inFlight: 5_000 },
  figures: {
    throughput: 1e4,
    megabytesPerSecond: 1,
    publishRate: 1e4,
    steadyRate: 1e4,
    tailSeconds: 0.1,
    measuredSeconds: 10,
  },
  delivery,
  workers: clients(0.4, 0.9, 0.3),
  machine: { cpu: 0.6, steal: 0 },
  negativeTimes: 0,
  backlogAtLastSend: 0,
  error: undefined,
  incidents: [],
  firstFailure: undefined,
  broker: undefined,
};

describe('judge', () => {
  it('calls a run broker-bound when neither machine nor clients are at their limit', () => {
    expect(judge(good)).toMatchObject({ status: 'ok', bound: 'broker', warnings: [] });
  });

  it('looks at the machine first', () => {
    expect(judge({ ...good, machine: { cpu: 0.95, steal: 0 }, workers: clients(0.99, 0.1, 0.99) }).bound).toBe(
      'machine',
    );
    expect(judge({ ...good, machine: { cpu: 0.5, steal: 0.2 } })).toMatchObject({ bound: 'machine' });
  });

  it('calls a run producer-bound only when the loop is busy and the window mostly not full', () => {
    expect(judge({ ...good, workers: clients(0.97, 0.2, 0.4) }).bound).toBe('producer');
    // A closed loop keeps its event loop busy by construction: that alone proves nothing.
    expect(judge({ ...good, workers: clients(0.97, 0.9, 0.4) }).bound).toBe('broker');
  });

  it('calls a run consumer-bound only when all consumers are busy and messages wait', () => {
    const busy = { ...good, workers: clients(0.5, 0.9, 0.95) };
    expect(judge({ ...busy, backlogAtLastSend: 30_000 }).bound).toBe('consumer');
    expect(judge({ ...busy, backlogAtLastSend: 100 }).bound).toBe('broker');
    const oneIdle = [...clients(0.5, 0.9, 0.95).slice(0, 4), worker('consumer', 3, 0.2)];
    expect(judge({ ...busy, workers: oneIdle, backlogAtLastSend: 30_000 }).bound).toBe('broker');
  });

  it.each([
    ['loss', { lost: 1 }, /1 confirmed message never arrived/],
    ['corruption', { corrupt: 2 }, /2 messages arrived with changed bytes/],
    ['strangers', { foreign: 1 }, /another run/],
  ])('fails a run for %s, however fast it was', (_, change, reason) => {
    const verdict = judge({ ...good, delivery: { ...delivery, ...change } });
    expect(verdict.status).toBe('failed');
    expect(verdict.evidence[0]).toMatch(reason);
  });

  it('holds duplicates and loss against the guarantee that was given', () => {
    const duplicate = { ...delivery, duplicates: 1 };
    expect(judge({ ...good, delivery: duplicate }).status).toBe('ok');
    expect(judge({ ...good, delivery: duplicate }).warnings.join()).toMatch(/1 duplicate; at-least-once permits/);
    expect(judge({ ...good, guarantee: 'at-most-once', delivery: duplicate }).status).toBe('failed');
    const lost = { ...delivery, lost: 3 };
    expect(judge({ ...good, guarantee: 'at-most-once', delivery: lost })).toMatchObject({ status: 'ok' });
    expect(judge({ ...good, guarantee: 'replicated', delivery: lost }).status).toBe('failed');
  });

  it('never lets an unusable measurement hide a broken promise', () => {
    const verdict = judge({ ...good, negativeTimes: 1, delivery: { ...delivery, corrupt: 1 } });
    expect(verdict.status).toBe('failed');
    expect(verdict.evidence.join('\n')).toMatch(/clock ran backwards/);
  });

  it('does not call messages lost that were under way when a run was broken off', () => {
    const verdict = judge({ ...good, error: 'the connection was lost', delivery: { ...delivery, lost: 500 } });
    expect(verdict.status).toBe('invalid');
    expect(verdict.evidence[0]).toMatch(/the connection was lost/);
  });

  it('says nothing of what a run that broke off has got too often or wrongly: not everyone has told what it knows', () => {
    const odd = { ...delivery, duplicates: 7, unexpected: 3 };
    expect(judge({ ...good, guarantee: 'at-most-once', delivery: odd }).status).toBe('failed');
    expect(judge({ ...good, guarantee: 'at-most-once', delivery: odd, error: 'a worker died' }).status).toBe('invalid');
    const replay = {
      expected: 10,
      received: 4,
      unique: 4,
      duplicates: 0,
      lost: 6,
      corrupt: 0,
      seconds: 1,
      perSecond: 4,
    };
    expect(judge({ ...good, replay }).status).toBe('failed');
    expect(judge({ ...good, replay, error: 'interrupted' }).status).toBe('invalid');
  });

  it('lets come twice what consumers acknowledge, also where producers ask for no confirms', () => {
    const unsafe: Evidence = { ...good, guarantee: 'at-most-once', consumed: 'at-least-once' };
    const verdict = judge({ ...unsafe, delivery: { ...delivery, duplicates: 1, lost: 1 } });
    expect(verdict.status).toBe('ok');
    expect(verdict.warnings.join()).toMatch(/1 duplicate; at-least-once permits them,1 message lost; at-most-once/);
  });

  it('is invalid where more than one message in a hundred was not taken, unless something was broken on purpose', () => {
    const refused = (unconfirmed: number): Evidence => ({
      ...good,
      delivery: { ...delivery, unconfirmed },
      firstFailure: 'too large',
    });
    expect(judge(refused(1_000))).toMatchObject({ status: 'ok' });
    expect(judge(refused(1_001))).toMatchObject({
      status: 'invalid',
      evidence: ['of 100,000 messages 1,001 were never confirmed (first reason: too large)'],
    });
    expect(judge({ ...refused(1_001), faults: [] }).status).toBe('ok');
  });

  it('refuses half a second and warns of less than two', () => {
    const lasting = (measuredSeconds: number): Evidence => ({
      ...good,
      figures: { ...good.figures!, measuredSeconds },
    });
    expect(judge(lasting(0.49)).status).toBe('invalid');
    expect(judge(lasting(1.5))).toMatchObject({ status: 'ok', warnings: [expect.stringMatching(/short/)] });
    expect(judge(lasting(2)).warnings).toEqual([]);
  });

  describe('at a fixed rate', () => {
    const rate = (achieved: number, slipP99Ms: number, change: Partial<Evidence> = {}): Evidence => ({
      ...good,
      load: { kind: 'rate', perSecond: 1_000 },
      figures: { ...good.figures!, targetRate: 1_000, achievedRate: achieved },
      workers: clients(0.2, 0, 0.2).map((w) => (w.role === 'producer' ? { ...w, scheduleSlipP99Ms: slipP99Ms } : w)),
      ...change,
    });
    it('says that the rate bounded it when it was kept', () => {
      expect(judge(rate(1_000, 0.2))).toMatchObject({ status: 'ok', bound: 'rate' });
    });
    it('is invalid when the generator sent too little or too late', () => {
      expect(judge(rate(985, 0.2))).toMatchObject({
        status: 'invalid',
        evidence: [expect.stringMatching(/missed its schedule: 985 of 1000/)],
      });
      expect(judge(rate(1_000, 80)).evidence[0]).toMatch(/more than 80 ms late/);
    });
    it('does not mind a brake that is late: it only has to hold back', () => {
      const cap = { load: { kind: 'rate', perSecond: 1_000, cap: true } } as const;
      expect(judge(rate(900, 400, cap)).status).toBe('ok');
      expect(judge(rate(900, 400)).status).toBe('invalid');
    });
    it('says that the target fell behind when messages pile up in it', () => {
      expect(judge(rate(1_000, 0.2, { backlogAtLastSend: 5_000 }))).toMatchObject({ status: 'ok', bound: 'broker' });
    });
  });

  describe('in a walk over rates', () => {
    const step = (change: Partial<Evidence>, achieved = 1_000): Evidence => ({
      ...good,
      load: { kind: 'rate', perSecond: 1_000 },
      walking: true,
      figures: { ...good.figures!, targetRate: 1_000, achievedRate: achieved },
      workers: clients(0.2, 0, 0.2),
      ...change,
    });
    const kept = (e: Evidence) => judgeRate(e, judge(e));
    const course = (...backlog: number[]) => backlog.map((y, i) => ({ x: 5 + i, y }));

    it('a missed schedule is a finding, and the run stands', () => {
      expect(judge(step({}, 900))).toMatchObject({ status: 'ok', bound: 'producer' });
      expect(kept(step({}, 900))).toMatchObject({ kept: false, why: expect.stringMatching(/900 of 1000/) as string });
    });
    it('a backlog that grows all the time is falling behind, one stall at the end is not', () => {
      const growing = step({ backlogAtLastSend: 500, backlogCourse: course(250, 300, 350, 400, 450, 500) });
      expect(kept(growing)).toMatchObject({ kept: false, why: expect.stringMatching(/grew all the time/) as string });
      expect(kept(step({ backlogAtLastSend: 500, backlogCourse: course(2, 3, 2, 2, 3, 500) }))?.kept).toBe(true);
      expect(kept(step({ backlogAtLastSend: 400, backlogCourse: course(400, 400, 400, 400) }))?.kept).toBe(true);
      // Outside a walk less than a second's worth is no reason, as ever.
      expect(kept({ ...growing, walking: false })?.kept).toBe(true);
    });
    it('nothing is kept that failed, waited or ended a second behind; a closed loop has no rate', () => {
      expect(kept(step({ delivery: { ...delivery, lost: 1 } }))?.kept).toBe(false);
      expect(kept(step({ workers: clients(0.2, 0.5, 0.2) }))?.why).toMatch(/wait for confirms/);
      expect(kept(step({ backlogAtLastSend: 1_000 }))?.kept).toBe(false);
      expect(kept(good)).toBeUndefined();
    });
    it('says when the machine was at its limit', () => {
      expect(kept(step({ machine: { cpu: 0.97, steal: 0 } }, 900))?.why).toMatch(/CPU of the machine 97 % busy/);
    });
  });

  it('judges a drain by its consumers, and producers alone without them', () => {
    const busy = { ...good, workers: clients(0.1, 0, 0.95) };
    expect(judge({ ...busy, work: 'consume' }).bound).toBe('consumer');
    expect(judge({ ...busy, work: 'produce', backlogAtLastSend: 90_000 }).bound).toBe('broker');
    const drained = judge({
      ...good,
      work: 'backlog',
      broker: { samples: 3, alarms: [], heldUp: 0, cpu: 1.02, diskReadBytesPerSecond: 2e6 },
    });
    expect(drained.bound).toBe('broker');
    expect(drained.evidence.join(' ')).toContain('its processes used 1.02 cores; read 2.0 MB/s');
  });

  it('names what the broker did, whatever bounded the run', () => {
    const broker = { samples: 10, alarms: [], heldUp: 4, backlogMax: 1200 };
    const said = 'at most 1,200 messages waiting; flow control held clients up in 4 of 10 samples';
    const busy = { ...good, workers: clients(0.1, 0, 0.95) };
    const tasks = {
      completionSeconds: 4,
      evenSeconds: 2,
      workers: [{ tasks: 9, busySeconds: 4, busyShare: 0.99, mostHeld: 1 }],
    };
    const bounds = [
      { ...good, machine: { cpu: 0.5, steal: 0.5 } },
      { ...good, tasks },
      {
        ...good,
        load: { kind: 'rate', perSecond: 1000 } as const,
        figures: { ...good.figures!, targetRate: 1000, achievedRate: 1000 },
        workers: clients(0.2, 0, 0.2),
      },
      { ...busy, work: 'consume' as const },
      { ...good, workers: clients(0.99, 0.1, 0.1) },
      { ...busy, backlogAtLastSend: 90_000 },
    ].map((evidence) => {
      const verdict = judge({ ...evidence, broker });
      expect(verdict.evidence.join(' '), verdict.bound).toContain(said);
      return verdict.bound;
    });
    expect(bounds).toEqual(['machine', 'work', 'rate', 'consumer', 'producer', 'consumer']);
  });

  it('takes an alarm of the broker for what bounded a run, also on a busy machine, and warns', () => {
    const broker = { samples: 10, alarms: ['a memory alarm in 3 of 10 samples'], heldUp: 0 };
    const verdict = judge({ ...good, machine: { cpu: 0.97, steal: 0 }, broker });
    expect(verdict.bound).toBe('broker');
    expect(verdict.evidence[0]).toContain('a memory alarm in 3 of 10 samples: the broker blocked publishers');
    expect(verdict.warnings).toContain('a memory alarm in 3 of 10 samples during the measured part');
  });

  it('reports what client and broker did by themselves', () => {
    expect(judge({ ...good, incidents: ['the client library retried: fetch'] }).warnings).toContain(
      'the client library retried: fetch',
    );
    const verdict = judge({ ...good, delivery: { ...delivery, unconfirmed: 2 }, firstFailure: 'NO_ROUTE' });
    expect(verdict.warnings.join()).toMatch(/2 messages never confirmed \(first reason: NO_ROUTE\)/);
  });
});

describe('weights', () => {
  const tasks = (first: number, second: number, mostHeld = 1) => ({
    completionSeconds: 4,
    evenSeconds: 2.1,
    workers: [first, second].map((busyShare) => ({ tasks: 50, busySeconds: 4 * busyShare, busyShare, mostHeld })),
  });

  it('bound a run whose busiest worker has no time left', () => {
    const verdict = judge({ ...good, tasks: tasks(0.99, 0.06) });
    expect(verdict).toMatchObject({ status: 'ok', bound: 'work', warnings: [] });
    expect(verdict.evidence[0]).toContain('busy 99 %, 6.0 % of 4.00 s; shared evenly the work takes 2.10 s');
  });

  it('do not bound one whose workers wait for messages, nor a machine that is busy', () => {
    expect(judge({ ...good, tasks: tasks(0.5, 0.4) }).bound).toBe('broker');
    expect(judge({ ...good, tasks: tasks(0.99, 0.9), machine: { cpu: 0.97, steal: 0 } }).bound).toBe('machine');
  });

  it('show a broker that hands out more than the prefetch; where there is none, nothing is too much', () => {
    const warned = judge({ ...good, tasks: tasks(0.99, 0.9, 3), prefetch: 1 }).warnings;
    expect(warned).toEqual(['a worker had 3 messages unacknowledged at once, more than its prefetch of 1']);
    expect(judge({ ...good, tasks: tasks(0.99, 0.9, 3) }).warnings).toEqual([]);
  });
});

describe('a run that is only shown', () => {
  const shown: Evidence = { ...good, figures: undefined, unmeasured: true };

  it('is judged by delivery alone', () => {
    expect(judge(shown)).toMatchObject({
      status: 'ok',
      bound: 'unknown',
      evidence: ['100,000 of 100,000 messages came through'],
      warnings: [],
    });
    expect(judge({ ...shown, delivery: { ...delivery, lost: 1, unique: 99_999 } }).status).toBe('failed');
  });

  it('is invalid when nothing was sent or it broke off', () => {
    expect(judge({ ...shown, delivery: undefined }).status).toBe('invalid');
    expect(judge({ ...shown, error: 'the broker is gone' }).status).toBe('invalid');
  });
});

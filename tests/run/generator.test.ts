/** How a producer waits for confirms: in groups, against a broker whose confirms the test holds back. */
import { describe, expect, it, vi } from 'vitest';
import type { Producer } from '../../src/brokers/adapter.js';
import { Sends } from '../../src/metrics/sends.js';
import { createClock, newOrigin } from '../../src/run/clock.js';
import { EnvelopeWriter } from '../../src/run/envelope.js';
import { Generator, type GeneratorOptions } from '../../src/run/generator.js';

/** Confirms only when it is told to, in any order. */
class Held implements Producer {
  readonly tokens: number[] = [];
  flushes = 0;
  send(_body: Buffer, token: number): void {
    this.tokens.push(token);
  }
  async flush(): Promise<void> {
    this.flushes++;
  }
  async close(): Promise<void> {}
}

function options(broker: Held): GeneratorOptions {
  return {
    routes: [broker],
    clock: createClock(newOrigin()),
    writer: new EnvelopeWriter(1, 0),
    sends: new Sends(false),
    confirms: true,
    load: { kind: 'closed', inFlight: 1_000 },
    arrivalSeed: 1,
    payloads: [Buffer.alloc(100)],
    inTurn: false,
    sizeOf: () => 100,
    meanBytes: 100,
    index: 0,
    producers: 1,
    partitions: 0,
    stallMs: 60_000,
    deck: undefined,
    wakeup: undefined,
  };
}

function sending(group: number | undefined, inFlight = 1_000) {
  const broker = new Held();
  const generator = new Generator({ ...options(broker), load: { kind: 'closed', inFlight }, group });
  return { broker, generator };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a producer that sends in groups', () => {
  it('sends the next only when all of one are confirmed, and pushes each out', async () => {
    const { broker, generator } = sending(3);
    const answer = generator.send('measure', { messages: 7 }, 0);
    const waves: number[] = [];
    while (broker.tokens.length > 0 || waves.length === 0) {
      await turn();
      const wave = broker.tokens.splice(0);
      waves.push(wave.length);
      // The last comes alone: until then nothing more may leave.
      for (const token of wave.slice(1)) generator.settled(token);
      await turn();
      expect(broker.tokens).toEqual([]);
      if (wave.length > 0) generator.settled(wave[0]!);
      await turn();
    }
    expect(waves).toEqual([3, 3, 1]);
    expect(broker.flushes).toBe(3);
    expect(await answer).toEqual({ sent: 7, confirmed: 7, unanswered: 0, stalled: false });
  });

  it('of one sends one by one, however large the window', async () => {
    const { broker, generator } = sending(1);
    const answer = generator.send('measure', { messages: 3 }, 0);
    for (let i = 0; i < 3; i++) {
      await turn();
      expect(broker.tokens).toHaveLength(1);
      generator.settled(broker.tokens.pop()!);
    }
    expect((await answer).confirmed).toBe(3);
  });

  it('counts a message that was refused as answered: the next group leaves', async () => {
    const { broker, generator } = sending(2);
    const answer = generator.send('measure', { messages: 4 }, 0);
    await turn();
    for (const token of broker.tokens.splice(0)) generator.settled(token, new Error('refused'));
    await turn();
    expect(broker.tokens).toHaveLength(2);
    for (const token of broker.tokens.splice(0)) generator.settled(token);
    expect(await answer).toEqual({
      sent: 4,
      confirmed: 2,
      unanswered: 0,
      stalled: false,
      firstFailure: { message: 'refused' },
    });
  });

  it('without groups keeps its window full', async () => {
    const { broker, generator } = sending(undefined, 3);
    const answer = generator.send('measure', { messages: 5 }, 0);
    await turn();
    expect(broker.tokens).toHaveLength(3);
    generator.settled(broker.tokens.shift()!);
    await turn();
    expect(broker.tokens).toHaveLength(3);
    while (broker.tokens.length > 0) {
      generator.settled(broker.tokens.shift()!);
      await turn();
    }
    expect((await answer).confirmed).toBe(5);
  });
});

describe('a producer whose event loop was held up', () => {
  it('does not take that for a broker that stopped confirming', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      let now = 0;
      const broker = new Held();
      const generator = new Generator({ ...options(broker), clock: { now: () => now }, stallMs: 5_000 });
      const answer = generator.send('measure', { messages: 2 }, 0);
      await turn();
      // Whatever came in these seconds has not been read when the next look is taken.
      now += 10e9;
      vi.advanceTimersByTime(250);
      for (const token of broker.tokens.splice(0)) generator.settled(token);
      expect(await answer).toMatchObject({ confirmed: 2, stalled: false });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a producer with nothing to send for a while', () => {
  it('does not take its own pause for a broker that stopped confirming, nor a broker that did for a pause', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'setImmediate'] });
    try {
      let now = 0;
      const broker = new Held();
      const generator = new Generator({
        ...options(broker),
        clock: { now: () => now },
        load: { kind: 'bursts', perSecond: 1, onSeconds: 1, offSeconds: 99 },
        stallMs: 30_000,
      });
      const answer = generator.send('measure', { messages: 2 }, 0);
      /** One second of the schedule's time. */
      const second = async (): Promise<void> => {
        now += 1e9;
        generator.pump();
        await vi.advanceTimersByTimeAsync(1_000);
      };
      expect(broker.tokens).toHaveLength(1);
      generator.settled(broker.tokens.pop()!);
      while (broker.tokens.length === 0) await second();
      // The second message is on its way for less than the stall time.
      for (let i = 0; i < 25; i++) await second();
      let stalled = false;
      void answer.then((got) => (stalled = got.stalled));
      await second();
      expect(stalled).toBe(false);
      for (let i = 0; i < 10; i++) await second();
      expect(await answer).toMatchObject({ sent: 2, confirmed: 1, stalled: true });
    } finally {
      vi.useRealTimers();
    }
  });
});

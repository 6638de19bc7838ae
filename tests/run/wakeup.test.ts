import { describe, expect, it } from 'vitest';
import { createClock, newOrigin } from '../../src/run/clock.js';
// Compiled, because the sleeping side is a thread with an entry of its own.
import { Wakeup } from '../../dist/run/wakeup.js';

describe('wakeup', () => {
  it('never comes early, comes once for each request, and keeps no process alive', async () => {
    const origin = newOrigin();
    const clock = createClock(origin);
    const late: number[] = [];
    await new Promise<void>((resolve) => {
      let due = 0;
      const wakeup = new Wakeup(clock, origin, () => {
        late.push(clock.now() - due);
        if (late.length === 50) return void wakeup.close().then(resolve);
        due = clock.now() + (late.length % 5) * 400_000;
        wakeup.at(due);
      });
      due = clock.now() + 1_000_000;
      wakeup.at(due);
    });
    expect(late).toHaveLength(50);
    // Nearer than 50 µs it is left to the next turn of the loop, whose caller looks at the clock itself.
    expect(Math.min(...late)).toBeGreaterThan(-50_000);
    late.sort((a, b) => a - b);
    console.log(`median lateness ${(late[25]! / 1e3).toFixed(0)} µs`);
  });
});

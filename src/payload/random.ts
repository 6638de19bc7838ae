/** Seeded draws for payloads. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export type Random = ReturnType<typeof xoroshiro128plus>;

export const seeded = (seed: number): Random => xoroshiro128plus(seed);

/** One of a list that has at least one. */
export function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[uniformInt(random, 0, values.length - 1)] as T;
}

/** Fills with bytes that do not compress. */
export function fillRandom(random: Random, bytes: Buffer): void {
  const whole = bytes.length - (bytes.length % 4);
  for (let i = 0; i < whole; i += 4) bytes.writeInt32LE(random.next(), i);
  for (let i = whole; i < bytes.length; i++) bytes[i] = random.next() & 0xff;
}

/** What a scenario may ask for. Wide enough for any sensible benchmark; a slip of the pen falls outside. */
import { envelopeBytes } from '../run/envelope.js';

export const limits = {
  messages: { min: 1, max: 1_000_000_000 },
  /** Bytes; the least is the envelope that every body carries. */
  size: { min: envelopeBytes, max: 64 * 1024 * 1024 },
  producers: { min: 1, max: 256 },
  consumers: { min: 1, max: 256 },
  destinations: { min: 1, max: 256 },
  /** When late consumers join. */
  lateSeconds: { min: 0.1, max: 24 * 3600 },
  durationSeconds: { min: 1, max: 7 * 24 * 3600 },
  ratePerSecond: { min: 1, max: 10_000_000 },
  /** How long a ramp takes. */
  rampSeconds: { min: 0.1, max: 24 * 3600 },
  /** A burst, and the rest between two. */
  burstSeconds: { min: 0.01, max: 3600 },
  inFlight: { min: 1, max: 1_000_000 },
  /** Bytes of bodies that one producer has in flight at a time, each in memory of its own. */
  inFlightBytes: 512 * 1024 * 1024,
  /** The same over all producers: they share a machine's memory. */
  allInFlightBytes: 4 * 1024 * 1024 * 1024,
  /** AMQP 0-9-1 has 16 bits for it (basic.qos, prefetch-count). */
  prefetch: { min: 1, max: 65_535 },
  /** How long one message may hold a worker. */
  weightSeconds: { min: 0, max: 60 },
  /** Texts that a pattern gives its messages. */
  texts: { min: 1, max: 100 },
  textCharacters: 500,
  /** Ways to wait for confirms. */
  modes: { min: 1, max: 5 },
  confirmBatch: { min: 1, max: 100_000 },
  repetitions: { min: 1, max: 1_000 },
  warmupSeconds: { min: 0, max: 3600 },
  drainSeconds: { min: 1, max: 3600 },
  pauseSeconds: { min: 0, max: 3600 },
  faults: { min: 1, max: 20 },
  /** When a fault comes, after the measured part began. */
  faultAfterSeconds: { min: 0.1, max: 7 * 24 * 3600 },
  /** How long one lasts. */
  faultSeconds: { min: 0.1, max: 600 },
  faultWorker: { min: 0, max: 255 },
  /** Held each way. */
  faultLatencySeconds: { min: 0.001, max: 10 },
  /** Bytes a second each way of each connection. */
  faultBandwidth: { min: 1_000, max: 1_000_000_000 },
  /** The generator of the order takes 32 bits. */
  seed: { min: 0, max: 2 ** 32 - 1 },
  /** Entries of a list. */
  sizes: { min: 1, max: 50 },
  /** Sizes of a weighted list; more make no name that can be read. */
  weights: { min: 2, max: 8 },
  /** How much more often one of them is drawn. */
  share: { min: 1, max: 1_000_000 },
  /** Values that a placeholder of a template stands for: a list, or the numbers of a range. */
  choices: { min: 1, max: 1_000 },
  range: { max: 2 ** 31 },
  targets: { min: 1, max: 50 },
  rates: { min: 2, max: 50 },
  /** Of any other key that may hold one. */
  axis: { min: 1, max: 50 },
  /** Cells that a scenario includes or excludes by name. */
  patterns: { min: 1, max: 200 },
  /** Keys that are sent, or kinds of headers. */
  keys: { min: 1, max: 200 },
  /** Of one subscriber. */
  bindings: { min: 1, max: 50 },
  /** Levels of priority, and how many messages of a round have one. */
  priorities: { min: 2, max: 10 },
  weight: { min: 1, max: 1_000 },
  /** Runs of a whole plan: more is a slip, for each takes seconds at least. */
  runs: 10_000,
  /** Bytes of a scenario file; what takes the YAML parser longest grows with the square of it. */
  fileBytes: 100_000,
} as const;

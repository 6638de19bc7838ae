/** How large things may be, and what Kafka adds to a body. */

/** Largest body in bytes: what the destination's `max.message.bytes` is raised to, well under the broker's 100 MB limit on a request. */
export const maxBodyBytes = 16 * 1024 * 1024;

/** Upper bound on what Kafka's record format v2 adds to a body without key and headers, in bytes (seven varints and an attribute byte). */
export const recordOverhead = 32;

/** What the record batch around the records takes, in bytes (61), rounded up. */
export const batchOverhead = 128;

/** The settings that both sides of every comparison use. */
export const consumers = 4;
export const inFlight = 5_000;
export const prefetch = 200;

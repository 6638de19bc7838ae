/** Bounded waiting: nothing here waits for a broker for ever. */

/** Waits so many milliseconds. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * The promise's outcome, or the rejection of `late()` when it takes longer; the promise's own rejection after that
 * is not unhandled.
 * @param ms the bound in milliseconds
 */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a promise at most so many milliseconds, whatever becomes of it. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<void> {
  await within(promise, ms, () => new Error('late')).catch(() => undefined);
}

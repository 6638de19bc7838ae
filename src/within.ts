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

/** `mqbench serve`: a folder of results as a page of this machine. */
import { ExitCode, UsageError } from '../errors.js';
import { openFolder, serveFolder } from '../serve/server.js';

export interface ServeFlags {
  readonly port: string;
  /** Aborted on Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
}

/**
 * Serves until the signal aborts.
 * @throws UsageError when the folder is not there or the port cannot be had
 */
export async function serve(folder: string, { port, signal }: ServeFlags): Promise<ExitCode> {
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number > 65_535)
    throw new UsageError(`"${port}" is no port.`, {
      where: '--port',
      hint: 'Give a number up to 65535; 0 is any free one.',
    });
  const serving = await serveFolder(await openFolder(folder), number, folder);
  process.stdout.write(`${serving.url}\n`);
  try {
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    return ExitCode.ok;
  } finally {
    await serving.close();
  }
}

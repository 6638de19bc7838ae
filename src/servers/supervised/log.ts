import { open, stat } from 'node:fs/promises';

/** How much of the end of a log is looked at, in bytes. */
const tailBytes = 64 * 1024;

/**
 * The end of a log file, without colours; empty when there is none.
 * @param from byte to begin behind: what an earlier start wrote into the same file is not of this one
 */
export async function logTail(file: string, from = 0): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.max(0, Math.min(size - from, tailBytes)));
      await handle.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8').replaceAll(/\u001b\[[\d;]*m/g, '');
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}

/** The size of a log file in bytes; 0 when there is none. */
export async function logSize(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Whether a log says that a port was taken, in the words of Java, Erlang, epmd, Node and Docker. */
export function saysPortTaken(log: string): boolean {
  return /address (is )?already in use|address in use|eaddrinuse|port is already allocated/i.test(log);
}

/** The line of a log that most likely says what went wrong, without its secrets; undefined when there is no line. */
export function tellingLine(log: string, secrets: readonly string[]): string | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const line = lines.findLast((text) => /\b(error|fatal|exception|caused by)\b/i.test(text)) ?? lines.at(-1);
  return line === undefined ? undefined : secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line.trim());
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How long the engine may take to answer, in milliseconds. */
const answerTimeoutMs = 3_000;
const imageTimeoutMs = 10_000;

/**
 * Whether `docker compose` is there and an engine answers it.
 * @returns undefined when it is, else in words what is missing; after 3 s at most
 */
export async function missingEngine(): Promise<string | undefined> {
  const answers = async (args: string[]) => {
    try {
      const { stdout } = await run('docker', args, { timeout: answerTimeoutMs, killSignal: 'SIGKILL' });
      return stdout.trim() !== '';
    } catch {
      return false;
    }
  };
  const [compose, engine] = await Promise.all([
    answers(['compose', 'version']),
    answers(['info', '--format', '{{.ServerVersion}}']),
  ]);
  if (!engine) return 'no Docker engine answers';
  return compose ? undefined : '`docker compose` is not installed';
}

/** Whether the engine has this image, so that it need not be pulled; after 10 s at most. */
export function hasImage(image: string): Promise<boolean> {
  return run('docker', ['image', 'inspect', image], { timeout: imageTimeoutMs }).then(
    () => true,
    () => false,
  );
}

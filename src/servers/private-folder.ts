/** Whether a folder or file is this user's alone: what lies there is executed, signalled and removed on its word. */
import { BrokerError } from '../errors.js';

/**
 * @param found as stat(2) has it
 * @throws BrokerError `unavailable` when it is not ours, or others may write to it
 */
export function assertPrivate(folder: string, found: { readonly uid: number; readonly mode: number }): void {
  // Windows has neither; its profile folders are private by their access lists.
  const uid = process.getuid?.();
  if (uid === undefined) return;
  if (found.uid !== uid) {
    throw new BrokerError(
      `The cache folder belongs to user ${found.uid}, and mqbench runs as user ${uid}.`,
      'unavailable',
      {
        where: folder,
        hint: 'Set MQBENCH_CACHE to a folder of your own.',
      },
    );
  }
  if ((found.mode & 0o022) !== 0) {
    throw new BrokerError(
      'Other users may write to the cache folder, so what is in it cannot be trusted.',
      'unavailable',
      {
        where: folder,
        hint: `Empty it if others use this machine, then run: chmod go-w '${folder}'. Or set MQBENCH_CACHE to another folder.`,
      },
    );
  }
}

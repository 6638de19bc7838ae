/** Payloads from a file: read when the scenario is, and by each worker when it starts. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { messageOf, UsageError } from '../errors.js';
import { formatSize } from '../scenario/units.js';
import type { PayloadSpec } from './spec.js';

type FilePayload = Extract<PayloadSpec, { kind: 'file' }>;

/** What is wrong with a payload's file. */
export interface FileProblem {
  readonly message: string;
  readonly hint: string;
}

/** Largest file in bytes: as large as the largest body. */
export const maxFileBytes = 64 * 1024 * 1024;

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Reads the file once to know that it is there and what is in it. */
export function checkFile(file: string): FilePayload | FileProblem {
  try {
    const status = statSync(file);
    // A pipe or a device could block or never end.
    if (!status.isFile())
      return { message: `${file} is not a regular file`, hint: 'name a file on disk whose content the bodies get' };
    if (status.size === 0) return { message: `${file} is empty`, hint: 'for bodies of zeros write payload: zeros' };
    if (status.size > maxFileBytes)
      return {
        message: `${file} is too large (${formatSize(status.size)})`,
        hint: `at most ${formatSize(maxFileBytes)}, the largest body; cut a piece out of it`,
      };
    const content = readFileSync(file);
    return { kind: 'file', file, bytes: content.length, sha256: hashOf(content) };
  } catch (error) {
    return {
      message: `the file cannot be read: ${messageOf(error)}`,
      hint: "name an existing file, relative to the scenario's folder, and check its permissions",
    };
  }
}

/**
 * The content that the scenario was planned with.
 * @throws UsageError when it cannot be read any more or has changed
 */
export function readPayloadFile({ file, sha256 }: FilePayload): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new UsageError(`The payload's file cannot be read any more: ${messageOf(error)}.`, { where: file });
  }
  if (hashOf(content) !== sha256)
    throw new UsageError("The payload's file has changed since the scenario was read.", {
      where: file,
      hint: 'Leave it alone while mqbench runs, and run again.',
    });
  return content;
}

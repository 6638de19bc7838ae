/** What bodies hold, in words; plans and reports say the same. */
import type { PayloadSpec } from '../payload/spec.js';
import type { PayloadRecord } from './payload-record.js';
import { formatSize } from './units.js';
import { basename } from 'node:path';

/** e.g. `JSON documents from a template`. */
export function payloadText(payload: PayloadSpec | PayloadRecord): string {
  switch (payload.kind) {
    case 'random':
      return 'random bytes, which do not compress';
    case 'zeros':
      return 'zeros';
    case 'text':
      return 'English words';
    case 'json':
      return 'JSON documents from a template, filled up with spaces';
    case 'file':
      return `pieces of ${'name' in payload ? payload.name : basename(payload.file)} (${formatSize(payload.bytes, ' ')})`;
  }
}

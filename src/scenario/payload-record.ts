/** A payload as results keep it and as questions are compared: the same wherever its file lies. */
import { basename } from 'node:path';
import type { PayloadSpec } from '../payload/spec.js';
import type { Result } from '../results/schema.js';

export type PayloadRecord = NonNullable<Result['scenario']['payload']>;

export function payloadRecord(payload: PayloadSpec): PayloadRecord {
  switch (payload.kind) {
    case 'file': {
      const { kind, file, bytes, sha256 } = payload;
      return { kind, name: basename(file), bytes, sha256 };
    }
    case 'json': {
      const values = Object.entries(payload.values).map(([name, value]) => [
        name,
        'from' in value ? { ...value } : [...value],
      ]);
      return {
        kind: 'json',
        template: payload.template,
        values: Object.fromEntries(values) as object as PayloadValues,
      };
    }
    case 'random':
    case 'zeros':
    case 'text':
      return { kind: payload.kind };
  }
}

/** What two results must have alike to answer the same question: a file by what is in it. */
export function payloadQuestion(payload: PayloadSpec): object {
  return payload.kind === 'file' ? { kind: payload.kind, sha256: payload.sha256 } : payloadRecord(payload);
}

type PayloadValues = Extract<PayloadRecord, { kind: 'json' }>['values'];

/** The pattern of a scenario as a result keeps it: a bare name where there is nothing else to say. */
import { z } from 'zod';
import type { PatternRecord } from '../scenario/pattern.js';

export const patternSchema: z.ZodType<PatternRecord> = z.enum(['work-queue']);

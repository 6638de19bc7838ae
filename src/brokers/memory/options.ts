/** The memory adapter has nothing to set: what one turn of the event loop yields leaves in one write. */
import { z } from 'zod';

export const memoryOptions = z.strictObject({});
export type MemoryOptions = z.infer<typeof memoryOptions>;

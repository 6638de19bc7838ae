/** What a client says in control frames. */
import { z } from 'zod';
import { controlOf, unknownMessage } from './protocol.js';

const request = z.number().int().nonnegative();
const channel = z.number().int().nonnegative();
const destination = z.string().min(1).max(255);

const bindings = z.array(z.array(z.string()));
const keys = z.array(z.string()).max(65_535);
const durable = z.boolean();
/** The patterns that the broker has; it routes by no headers. */
const patternSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('work-queue'), priorities: z.number().int().positive().exactOptional() }),
  z.strictObject({ kind: z.literal('pub-sub'), durable }),
  z.strictObject({ kind: z.literal('routing'), durable, keys, bindings }),
  z.strictObject({ kind: z.literal('topics'), durable, keys, bindings }),
  z.strictObject({ kind: z.literal('request-reply'), requesters: z.number() }),
]);
export type BrokerPattern = z.infer<typeof patternSchema>;

export const clientMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.number(),
    clientName: z.string(),
    username: z.string(),
    password: z.string(),
  }),
  z.strictObject({
    type: z.literal('create'),
    request,
    destination,
    /** Where the pattern has subscriptions, how many. */
    consumers: z.number().int().positive(),
    pattern: patternSchema.exactOptional(),
  }),
  z.strictObject({ type: z.literal('delete'), request, destination }),
  z.strictObject({ type: z.literal('stats'), request, destination }),
  /** Publishes on this channel go to the destination. */
  z.strictObject({ type: z.literal('open-producer'), request, channel, destination, confirms: z.boolean() }),
  z.strictObject({ type: z.literal('close-producer'), channel }),
  /** Without acknowledgements a delivery is done as it leaves and the prefetch means nothing. */
  z.strictObject({
    type: z.literal('subscribe'),
    request,
    channel,
    destination,
    /** Where the pattern has subscriptions, which. */
    index: z.number().int().nonnegative(),
    prefetch: z.number().int().positive(),
    acknowledgements: z.boolean(),
  }),
  /** What is not acknowledged goes back to the destination. */
  z.strictObject({ type: z.literal('unsubscribe'), request, channel }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/**
 * Reads the control message in bytes `from` to `to`.
 * @throws ProtocolViolation
 */
export function readClientMessage(frame: Buffer, from: number, to: number): ClientMessage {
  const parsed = clientMessageSchema.safeParse(controlOf(frame, from, to));
  if (!parsed.success) throw unknownMessage();
  return parsed.data;
}

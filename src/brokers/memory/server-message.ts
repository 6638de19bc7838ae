/**
 * What the broker says in control frames. Read by hand, where clients' messages have a schema: every worker is a
 * client, and loading the schema library was a third of what its start costs.
 */
import { controlOf, unknownMessage } from './protocol.js';

export interface QueueStats {
  readonly ready: number;
  readonly unacknowledged: number;
  readonly consumers: number;
  readonly published: number;
  readonly acknowledged: number;
}

export type ServerMessage =
  | { readonly type: 'welcome'; readonly version: string }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'done'; readonly request: number; readonly stats?: QueueStats | undefined }
  | { readonly type: 'failed'; readonly request: number; readonly reason: string }
  /** Every publish before `upTo` that is not confirmed was not taken. */
  | { readonly type: 'rejected'; readonly channel: number; readonly upTo: number; readonly reason: string }
  | { readonly type: 'cancelled'; readonly channel: number; readonly reason: string }
  /** The broker holds all that it may and reads no more from this connection, or reads again. */
  | { readonly type: 'blocked'; readonly blocked: boolean; readonly reason: string };

type Fields = Readonly<Record<string, 'string' | 'number' | 'boolean'>>;
/** Names all fields of a message that are not optional. */
type FieldsOf<T> = Readonly<Record<Exclude<keyof T, 'type' | 'stats'>, Fields[string]>>;

const statsFields: Fields = {
  ready: 'number',
  unacknowledged: 'number',
  consumers: 'number',
  published: 'number',
  acknowledged: 'number',
} satisfies Record<keyof QueueStats, 'number'>;

/** Every field that a message has to have. */
const fieldsOf: { readonly [T in ServerMessage['type']]: FieldsOf<Extract<ServerMessage, { type: T }>> } = {
  welcome: { version: 'string' },
  refused: { reason: 'string' },
  done: { request: 'number' },
  failed: { request: 'number', reason: 'string' },
  rejected: { channel: 'number', upTo: 'number', reason: 'string' },
  cancelled: { channel: 'number', reason: 'string' },
  blocked: { blocked: 'boolean', reason: 'string' },
};

/**
 * Reads the control message in bytes `from` to `to`.
 * @throws ProtocolViolation
 */
export function readServerMessage(frame: Buffer, from: number, to: number): ServerMessage {
  const message = controlOf(frame, from, to);
  if (!isServerMessage(message)) throw unknownMessage();
  return message;
}

function isServerMessage(value: unknown): value is ServerMessage {
  if (!isObject(value) || typeof value['type'] !== 'string' || !Object.hasOwn(fieldsOf, value['type'])) return false;
  if (!hasFields(value, fieldsOf[value['type'] as ServerMessage['type']])) return false;
  const stats = value['stats'];
  return stats === undefined || (isObject(stats) && hasFields(stats, statsFields));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function hasFields(value: Readonly<Record<string, unknown>>, fields: Fields): boolean {
  return Object.entries(fields).every(([name, type]) => typeof value[name] === type);
}

import type { Adapter } from '../adapter.js';

// Placeholder until the adapter lands; nothing else imports it yet.
export const rabbitmq: Adapter = undefined as unknown as Adapter;

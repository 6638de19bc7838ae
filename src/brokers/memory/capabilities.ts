/** What the embedded broker can do. */
import type { Capabilities } from '../adapter.js';
import { maxBodyBytes } from './protocol.js';

export const capabilities: Capabilities = {
  guarantees: {
    'at-most-once': true,
    'at-least-once': true,
    replicated: { reason: 'the memory broker is a single process' },
  },
  patterns: {
    'pub-sub': true,
    routing: true,
    topics: true,
    headers: { reason: 'the memory broker routes by key and looks at no headers' },
    'request-reply': true,
    'durable-subscriptions': true,
    priority: true,
    replay: { reason: 'the memory broker forgets what is acknowledged' },
    transactions: { reason: 'the memory broker has no transactions' },
  },
  durable: { reason: 'the memory broker keeps messages in its process alone, so none outlives its end' },
  partitioned: false,
  dispatch: 'dynamic',
  prefetch: true,
  redeliveredFlag: true,
  maxBodyBytes,
};

import { shippedPatterns } from './shipped.js';

await shippedPatterns('rabbitmq', 'rabbitmq');

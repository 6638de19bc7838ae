import { shippedContract } from './shipped.js';

await shippedContract('rabbitmq', 'rabbitmq', { tellsOfDeletion: true });

import { shippedContract } from './shipped.js';

await shippedContract('stomp', 'activemq', { tellsOfDeletion: false });

import { shippedPatterns } from './shipped.js';

await shippedPatterns('stomp', 'activemq');

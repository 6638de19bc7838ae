import { shippedContract } from './shipped.js';

await shippedContract('memory', 'memory', { tellsOfDeletion: true });

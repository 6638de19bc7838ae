import { shippedContract } from './shipped.js';

await shippedContract('kafka', 'kafka', { tellsOfDeletion: true });

import { shippedPatterns } from './shipped.js';

await shippedPatterns('kafka', 'kafka');

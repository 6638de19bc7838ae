import { shippedPatterns } from './shipped.js';

await shippedPatterns('memory', 'memory');

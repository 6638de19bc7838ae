import { contractSuite } from './suite.js';

await contractSuite({ adapter: 'memory', server: 'memory', tellsOfDeletion: true });

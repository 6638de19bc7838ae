import { contractSuite } from './suite.js';

await contractSuite({ adapter: 'kafka', server: 'kafka', tellsOfDeletion: true });

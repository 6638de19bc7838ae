import { contractSuite } from './suite.js';

await contractSuite({ adapter: 'rabbitmq', server: 'rabbitmq', tellsOfDeletion: true });

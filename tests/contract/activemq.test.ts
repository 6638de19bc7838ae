import { contractSuite } from './suite.js';

await contractSuite({ adapter: 'stomp', server: 'activemq', tellsOfDeletion: false });

import { patternsSuite } from './patterns-suite.js';

await patternsSuite({ adapter: 'stomp', server: 'activemq' });

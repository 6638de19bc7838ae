import { patternsSuite } from './patterns-suite.js';

await patternsSuite({ adapter: 'rabbitmq', server: 'rabbitmq' });

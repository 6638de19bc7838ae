import { patternsSuite } from './patterns-suite.js';

await patternsSuite({ adapter: 'kafka', server: 'kafka' });

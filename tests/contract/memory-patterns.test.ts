import { patternsSuite } from './patterns-suite.js';

await patternsSuite({ adapter: 'memory', server: 'memory' });

/** The contract suite as an adapter's author runs it; docs/adding-a-broker.md says how. */
export { patternsSuite } from './patterns.js';
export { contractSuite, type ContractSpec, type VictimServer } from './suite.js';

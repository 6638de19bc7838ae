/** The contract suite as an adapter's author runs it; docs/adding-a-broker.md says how. */
export { contractSuite, type ContractSpec, type VictimServer } from './suite.js';

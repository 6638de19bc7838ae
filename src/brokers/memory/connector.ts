/** What a worker loads of this adapter. */
export { capabilities } from './capabilities.js';
export { openConnection as connect } from './connection.js';

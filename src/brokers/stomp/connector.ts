/** What a worker loads of this adapter. */
export { capabilities } from './capabilities.js';
export { connect } from './connection.js';

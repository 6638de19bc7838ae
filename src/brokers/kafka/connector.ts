/** What a worker loads of this adapter. */
export { capabilities } from './capabilities.js';
export { connectKafka as connect } from './connection.js';

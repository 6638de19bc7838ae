// What the gate of this repository measures: the STOMP adapter as the checkout that this file is in has built it.
export { stomp as default } from '../../dist/brokers/stomp/index.js';

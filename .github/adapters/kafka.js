// What the gate of this repository measures: the Kafka adapter as the checkout that this file is in has built it.
export { kafka as default } from '../../dist/brokers/kafka/index.js';

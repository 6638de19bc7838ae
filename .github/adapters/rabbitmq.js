// What the gate of this repository measures: the RabbitMQ adapter as the checkout that this file is in has built it.
export { rabbitmq as default } from '../../dist/brokers/rabbitmq/index.js';

/**
 * What a third party needs to write an adapter: the contract's types, a helper, and the error that an adapter raises.
 * docs/adding-a-broker.md says how.
 */
export type {
  Adapter,
  Capabilities,
  ClientMetrics,
  ConnectContext,
  Connection,
  ConnectionEvents,
  Consumer,
  ConsumerSpec,
  Delivery,
  DestinationSpec,
  DestinationStats,
  Endpoint,
  Guarantee,
  GuaranteeSettings,
  OnMessage,
  Producer,
  ProducerSpec,
  ServerInfo,
  Takeover,
} from './brokers/adapter.js';
export { defineAdapter } from './brokers/define.js';
export { BrokerError } from './errors.js';

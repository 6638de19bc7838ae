/** Looks at ActiveMQ: Jolokia where its address is known, else the statistics plugin. */
import type { Endpoint } from '../../brokers/adapter.js';
import { BrokerError } from '../../errors.js';
import type { Source } from '../sample.js';
import { JolokiaSource } from './jolokia.js';
import { PluginSource } from './plugin.js';

/** @throws BrokerError when the management address is not one */
export function activemqSource(endpoint: Endpoint): Source {
  if (endpoint.managementUrl === undefined) return new PluginSource(endpoint);
  let url: URL;
  try {
    url = new URL(endpoint.managementUrl);
  } catch {
    throw new BrokerError("The address of ActiveMQ's management interface is not a URL.", 'other', {
      hint: 'Give e.g. http://localhost:8161/api/jolokia.',
    });
  }
  return new JolokiaSource(url, endpoint);
}

/**
 * Preloaded into a worker (`--import`) that is to use another copy of a client library than mqbench ships with: the
 * adapter's own `import` of that package then resolves in another folder. MQBENCH_CLIENT says which and where.
 */
import { register } from 'node:module';

register('./client-hook.js', import.meta.url, { data: JSON.parse(process.env['MQBENCH_CLIENT'] ?? '{}') as unknown });

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

/** The repository's Compose file. */
export const composeFile = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url));

const shape = z.object({ services: z.record(z.string(), z.object({ image: z.string() })) });

/** The pinned image of a service, e.g. `apache/kafka:4.3.1`. */
export function imageOf(service: string): string {
  const { services } = shape.parse(parse(readFileSync(composeFile, 'utf8')));
  const image = services[service]?.image;
  if (image === undefined) throw new Error(`docker-compose.yml has no service ${service}`);
  return image;
}

/** The version in an image's tag, e.g. 4.3.6 of `rabbitmq:4.3.6-management-alpine`. */
export function versionOf(image: string): string {
  return /:(\d+(?:\.\d+)*)/.exec(image)?.[1] ?? 'unknown';
}

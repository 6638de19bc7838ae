/** What a RabbitMQ that mqbench starts takes, and what the adapter counts on. */

/**
 * Largest body in bytes: max_message_size as it was by default from RabbitMQ 3.8 to 3.13. From 4.0 on the default is
 * 16 MiB, and a larger message ends its channel; servers of our own are told otherwise.
 */
export const maxMessageBytes = 128 * 1024 * 1024;

"""Facts out: the outbox, webhook endpoints and deliveries."""

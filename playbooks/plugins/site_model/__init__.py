"""A site as its inventory says it: what the parts of Standin are configured with follows from it."""

"""From bytes to a definition that remembers its places: YAML, merging, JSON Schema."""

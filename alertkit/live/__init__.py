"""Running servers: questions that change nothing, and `apply`, which puts files in place and has them read."""

"""Ways out to people. Every channel is one module that keeps the contract in `base`."""

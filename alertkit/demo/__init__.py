"""`alertkit demo`: the whole way on one machine, from a metric that somebody breaks to a button that somebody clicks."""

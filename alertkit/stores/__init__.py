"""Where incidents are kept. SQL lives here and nowhere else."""

"""The workers' door: answers the doorbell and sweeps; every job is one call of a backend verb."""

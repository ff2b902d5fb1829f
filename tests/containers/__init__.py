"""Proof that the containers hold what docs/deployment.md says: `make prove-containers`."""

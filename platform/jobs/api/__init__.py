from jobs.api.accepted import accepted

__all__ = ["accepted"]

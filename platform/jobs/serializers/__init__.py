from jobs.serializers.job import JobDetailSerializer, JobSerializer

__all__ = ["JobDetailSerializer", "JobSerializer"]

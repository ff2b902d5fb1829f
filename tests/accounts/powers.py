"""What staff may write in the admin site."""

# What staff with every permission may write here, and why no way up leads through it.
WRITTEN_HERE = {
    "accounts.organization": "its quotas",
    "accounts.user": "ordinary people alone, without their powers (the tests above)",
    "datasets.dataset": "its name and description",
    "jobs.job": "its priority",
}

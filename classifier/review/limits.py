"""How much there is of the review queue."""

# Open items of an organization.
MOST_OPEN = 100_000
# What one person may hold at a time, and for how long.
MOST_CLAIMED = 20
CLAIM_MINUTES = 10
# Items of a dataset that get a place in the order of diversity; the others follow by uncertainty.
MOST_RANKED = 1_000

"""How much of everything: of one endpoint, an organization, a person."""

# Of one event, in bytes, as Standard Webhooks recommends; of the deliveries of one endpoint, and
# the alerts of one person in one organization, that wait to be sent.
MOST_BYTES = 16 << 10
MOST_WAITING = 1_000
MOST_WAITING_ALERTS = 200

# Endpoints of an organization, and those that one person has made in all of theirs.
MOST_ENDPOINTS = 20
MOST_ENDPOINTS_OF_A_PERSON = 50
# Tests and replays that a person may ask for in an hour.
TRIES_AN_HOUR = 60

# How long to wait after each failed try, in seconds: eight tries within 28 hours.
RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
# How long an endpoint that does not answer is left alone by its other deliveries, at most.
LONGEST_REST_SECONDS = 300
# An endpoint is switched off when nothing has been accepted for so long, and so many have failed.
FAILING_DAYS = 5
FAILURES_BEFORE_OFF = 10
# What one job of an endpoint delivers before others have their turn.
DELIVERIES_A_TURN = 20
TURN_SECONDS = 30

# One try, from the look-up of the name to the answer; a connection; what an answer may have in all,
# and how long is waited for its text once its status is known. Then what is kept of it.
TRY_SECONDS = 15.0
CONNECT_SECONDS = 5.0
ANSWER_MAX_BYTES = 64 << 10
ANSWER_TEXT_SECONDS = 2.0
ANSWER_CHARACTERS = 1_000

# After a rotation, how long the old secret signs beside the new one.
OLD_SECRET_SECONDS = 24 * 3600

# Of one person and organization. The last mail of an hour takes along all that wait.
MAILS_AN_HOUR = 6
# How long deliveries, and alerts that were sent, are kept; and the jobs that sent them.
KEEP_DAYS = 30
JOB_KEEP_DAYS = 2

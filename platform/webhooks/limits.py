"""How much of everything: of one endpoint, an organization, a person."""

# Of one event, as Standard Webhooks recommends; of the deliveries of one endpoint, and the alerts
# of one person, that wait to be sent.
MOST_BYTES = 16 << 10
MOST_WAITING = 1_000
MOST_WAITING_ALERTS = 200

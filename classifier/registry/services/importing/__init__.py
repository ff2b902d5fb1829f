"""Taking a foreign model in: look at its file, start the job, register what came of it."""

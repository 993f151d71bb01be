"""Present results to people: tables in the terminal, and figures as files."""

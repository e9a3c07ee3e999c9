"""The history of the tables, for Alembic; see ``storage.migrate``."""

"""Readers: one format of one tool a module, from an opened document to facts."""

"""The lines, components and properties that a calendar file consists of, whatever they mean."""

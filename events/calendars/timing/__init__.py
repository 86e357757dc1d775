"""When events take place: dates, durations, local times, and the time zones that calendars name or define."""

"""What recurs: the rules, the first date that really takes place, and the components of one series."""

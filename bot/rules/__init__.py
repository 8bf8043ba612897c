"""What is posted, and why: pure functions of events, rules and state, without a clock of their own."""

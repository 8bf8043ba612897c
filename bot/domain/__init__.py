"""Values without input and output: answers, cards, changes, outbox entries, access, errors."""

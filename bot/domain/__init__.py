"""Values and rules without input and output: answers, cards, changes, outbox entries, access, errors."""

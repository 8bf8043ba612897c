"""The cost of Callboard, compared side by side with the lowest possible. No request leaves the machine."""

"""Tables, JSON, help, start-up errors, advice and the report of `callboard check`."""

-- Adds an entry to an outbox, unless the same entry was added before.
-- KEYS: outbox, pending, mark. ARGV: destination, card, entry, lifetime of the mark (s). Returns 1 for a new entry.
if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ARGV[4]) then return 0 end
redis.call('XADD', KEYS[1], '*', 'card', ARGV[2], 'entry', ARGV[3])
redis.call('SADD', KEYS[2], ARGV[1])
return 1

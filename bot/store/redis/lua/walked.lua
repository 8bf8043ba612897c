-- Writes the progress of discovery in a service, unless its watch ended or restarted.
-- KEYS: discovery. ARGV: the start of the watch as the caller read it, then names and values.
if redis.call('HGET', KEYS[1], 'since') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1

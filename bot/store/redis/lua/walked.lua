-- Keeps how far the new jobs of a service are known, unless it is no longer watched, or again since.
-- KEYS: discovery. ARGV: since when it is watched, as the caller knows it, then names and values.
if redis.call('HGET', KEYS[1], 'since') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1

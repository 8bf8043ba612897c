-- Drops the ended jobs below a floor. The floor only rises, because a job below it may have been seen before.
-- KEYS: seen, discovery. ARGV: the floor (ms).
local before = tonumber(redis.call('HGET', KEYS[2], 'floor') or '') or -math.huge
if redis.call('EXISTS', KEYS[2]) == 0 or tonumber(ARGV[1]) <= before then return end
redis.call('HSET', KEYS[2], 'floor', ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1])

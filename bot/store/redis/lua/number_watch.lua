-- Counts one more watch of a place, and returns its number; nothing where the workspace has as many as it may.
-- KEYS: numbers, watched. ARGV: the letter of ids, the place, the most.
local all = 0
for _, number in ipairs(redis.call('HVALS', KEYS[2])) do all = all + (tonumber(number) or 0) end
if all >= tonumber(ARGV[3]) then return false end
redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)

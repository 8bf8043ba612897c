-- Counts a new watch of a destination and returns its number; returns nothing if the workspace has the maximum.
-- KEYS: numbers, watched. ARGV: the letter of ids, the destination, the maximum.
local all = 0
for _, number in ipairs(redis.call('HVALS', KEYS[2])) do all = all + (tonumber(number) or 0) end
if all >= tonumber(ARGV[3]) then return false end
redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)

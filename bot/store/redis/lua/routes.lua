-- Writes copies of watches beside the jobs of their service, and increments the version of its rules if one changed.
-- KEYS: watches, rules. ARGV: for each copy its field ("DESTINATION ID") and its text (empty: none). Returns the
-- version.
local changed = false
for i = 1, #ARGV, 2 do
  local before = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  if before ~= ARGV[i + 1] then
    changed = true
    if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
    else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  end
end
if not changed then return redis.call('GET', KEYS[2]) or '0' end
return tostring(redis.call('INCR', KEYS[2]))

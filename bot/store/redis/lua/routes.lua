-- Writes copies of watches beside the jobs of their service, and counts the version of its rules up if one changed.
-- KEYS: watches, rules, discovery. ARGV: now (ms), then for each copy its field ("DESTINATION ID") and its text (empty:
-- none). Returns the version. When the last copy goes, the time is kept: new jobs are noticed for a while longer.
local changed = false
for i = 2, #ARGV, 2 do
  local before = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  if before ~= ARGV[i + 1] then
    changed = true
    if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
    else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
  end
end
if not changed then return redis.call('GET', KEYS[2]) or '0' end
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HDEL', KEYS[3], 'left_at')
else redis.call('HSET', KEYS[3], 'left_at', ARGV[1]) end
return tostring(redis.call('INCR', KEYS[2]))

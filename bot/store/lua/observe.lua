-- Looks at followed jobs: those that are as they were are ticked off, of the others the record kept is returned.
-- KEYS: jobs, due. ARGV: when it was asked (ms), then for each job its id, fingerprint and next check (ms).
-- An answer to an older question than the last one changes nothing.
local asked = tonumber(ARGV[1])
local changed = {}
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  local kept = redis.call('HGET', KEYS[1], id)
  if kept then
    local at, about, fingerprint, job = string.match(kept, '^(%d+)(|[^|]*|[^|]*|)([^\n]*)(\n.*)$')
    if tonumber(at) < asked then
      if fingerprint == ARGV[i + 1] then
        redis.call('HSET', KEYS[1], id, ARGV[1] .. about .. fingerprint .. job)
        redis.call('ZADD', KEYS[2], ARGV[i + 2], id)
      else
        changed[#changed + 1] = id
        changed[#changed + 1] = kept
      end
    end
  end
end
return changed

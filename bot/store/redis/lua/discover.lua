-- Finds the unknown jobs of a page, and those that run again after they had ended.
-- KEYS: jobs, seen, discovery. ARGV: a JSON array of each job's id, 1 if it has ended, else 0, and its creation (ms).
-- An ended job created before the floor is skipped: it may have been seen before its id was dropped.
-- Returns the id of each job, with the number of its attempts that are known to have ended.
local floor = tonumber(redis.call('HGET', KEYS[3], 'floor') or '') or -math.huge
local listed, found = cjson.decode(ARGV[1]), {}
for i = 1, #listed, 3 do
  local id, ended, created = listed[i], listed[i + 1] == 1, listed[i + 2]
  if redis.call('HEXISTS', KEYS[1], id) == 0 then
    local attempt = redis.call('ZSCORE', KEYS[2], id) and 1 or 0
    while attempt > 0 and redis.call('ZSCORE', KEYS[2], id .. '#' .. (attempt + 1)) do attempt = attempt + 1 end
    if not ended or (attempt == 0 and created >= floor) then
      found[#found + 1] = id
      found[#found + 1] = attempt
    end
  end
end
return found

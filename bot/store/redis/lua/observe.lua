-- Looks at followed jobs: those that are as they were are ticked off, of the others the record kept is returned, and
-- so is a record that cannot be read here, or is of a newer format.
-- KEYS: jobs, due. ARGV: when it was asked (ms), a JSON array of each job's id, fingerprint and next check (ms),
-- the newest format that is read, and the latest time at which a question can have been asked by now (ms): a later one
-- was asked by a wrong clock.
-- An answer to an older question than the last one changes nothing. A record of an earlier format gets the newest number,
-- so that earlier versions leave the job alone from now on.
local asked, latest = tonumber(ARGV[1]), tonumber(ARGV[4]) or math.huge
local newest = tonumber(ARGV[3])
local function renewed(text, format)
  if format == newest then return text end
  local numbered, found = string.gsub(text, '\n{"v":%d+', '\n{"v":' .. ARGV[3], 1)
  return found == 1 and numbered or (string.gsub(text, '\n{"', '\n{"v":' .. ARGV[3] .. ',"', 1))
end
local seen = cjson.decode(ARGV[2])
local changed = {}
for i = 1, #seen, 3 do
  local id = seen[i]
  local kept = redis.call('HGET', KEYS[1], id)
  if kept then
    local at, fingerprint = string.match(kept, '^(%d+)|[^|]*|[^|]*|([^\n]*)\n')
    local format = format_of(kept)
    if not at or format > newest then
      changed[#changed + 1] = id
      changed[#changed + 1] = kept
    elseif tonumber(at) < asked or tonumber(at) > latest then
      if fingerprint == seen[i + 1] then
        redis.call('HSET', KEYS[1], id, ARGV[1] .. renewed(string.sub(kept, #at + 1), format))
        redis.call('ZADD', KEYS[2], seen[i + 2], id)
      else
        changed[#changed + 1] = id
        changed[#changed + 1] = kept
      end
    end
  end
end
return changed

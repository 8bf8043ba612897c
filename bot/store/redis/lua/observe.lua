-- Compares followed jobs with their records. Reschedules the unchanged jobs, and returns the records of the others.
-- An unreadable record and one of a newer format are returned too.
-- KEYS: jobs, due. ARGV: the time of the request (ms), a JSON array of each job's id, fingerprint and next check (ms),
-- the newest readable format, and the latest possible time of a request so far (ms): a record with a later time was
-- written by a wrong clock.
-- An answer to an older request than the recorded one changes nothing. A record of an earlier format gets the newest
-- format's number, so that processes of earlier versions leave the job alone.
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

-- Records changes with an entry for each destination that follows the job or watches its service. One script does all
-- of it, so that a crash leaves either everything or nothing.
-- KEYS: jobs, due, subscriptions, pending, rules, seen, events, outcomes, discovery. ARGV: the prefixes of the keys of
-- an outbox and of a lost job, the lifetime of a lost job (s), the format of its record, the version of the rules that
-- chose the destinations (empty: no rules), the time (ms), the lifetime (s) and the maximum of events, then for each
-- job its id, the record that the change was compared with (empty: the job is new), the new record and next check (both
-- empty: the job has ended), the entry for the outboxes (empty: none), the record of a lost job to keep (empty: none),
-- and JSON: `attempt` (its name, its creation in ms, and 1 if it ends), `watches` (destination to watches), `lines` for
-- the events and `counts` of those without a line.
-- A job is skipped if its record has changed (another worker was faster), if its subscriptions are unreadable, or if it
-- is new and its attempt is known to have ended.
-- A lost job without subscribers is kept as long as events. In a service without watches, the ends of the last 1,000
-- followed jobs are kept: a job that is followed again is then in its next attempt.
-- Returns the id and the subscriptions of each job recorded. Returns -1 and does nothing if the rules changed.
if ARGV[5] ~= '' and (redis.call('GET', KEYS[5]) or '0') ~= ARGV[5] then return -1 end
local function subscribers(text)
  local readable, places = pcall(cjson.decode, text)
  if not readable or type(places) ~= 'table' then return nil end
  for place, card in pairs(places) do
    if type(place) ~= 'string' or type(card) ~= 'string' then return nil end
  end
  return places
end
local function notify(place, card, entry, watches)
  if watches then
    redis.call('XADD', ARGV[1] .. place, '*', 'card', card, 'entry', entry, 'watches', watches, 'rules', ARGV[5])
  else
    redis.call('XADD', ARGV[1] .. place, '*', 'card', card, 'entry', entry)
  end
  redis.call('SADD', KEYS[4], place)
end
local function count(field)
  if redis.call('HINCRBY', KEYS[8], field, 1) > 1 then return end
  local oldest = (tonumber(ARGV[6]) / 1000 - tonumber(ARGV[7])) / 60
  for _, each in ipairs(redis.call('HKEYS', KEYS[8])) do
    if (tonumber(string.match(each, '^%d+')) or 0) < oldest then redis.call('HDEL', KEYS[8], each) end
  end
  redis.call('EXPIRE', KEYS[8], ARGV[7])
end
local function log(more)
  for _, line in ipairs(more.lines or {}) do log_event(KEYS[7], line, ARGV[6], ARGV[7], ARGV[8]) end
  for _, field in ipairs(more.counts or {}) do count(field) end
end
local done = {}
for i = 9, #ARGV, 7 do
  local id, expected, record, next_at, entry, lost, rest = unpack(ARGV, i, i + 6)
  local subscriptions = redis.call('HGET', KEYS[3], id) or '{}'
  local places, more = subscribers(subscriptions), rest ~= '' and cjson.decode(rest) or {}
  local known = (redis.call('HGET', KEYS[1], id) or '') == expected
  if places and known and more.attempt then
    local attempt, created, ends = unpack(more.attempt)
    known = expected ~= '' or not redis.call('ZSCORE', KEYS[6], attempt)
    local watched = redis.call('EXISTS', KEYS[9]) == 1
    if known and ends == 1 and (watched or next(places)) then redis.call('ZADD', KEYS[6], 'NX', created, attempt) end
    if not watched then
      redis.call('ZREMRANGEBYRANK', KEYS[6], 0, -1001)
      redis.call('EXPIRE', KEYS[6], ARGV[3])
    end
  end
  if places and known then
    local watches = more.watches or {}
    if entry ~= '' then
      for place, card in pairs(places) do notify(place, card, entry, watches[place]) end
      for place, ids in pairs(watches) do
        if not places[place] then notify(place, '', entry, ids) end
      end
    end
    log(more)
    if lost ~= '' then
      local kept = cjson.encode({v = tonumber(ARGV[4]), record = lost, places = places})
      redis.call('SET', ARGV[2] .. id, kept, 'EX', next(places) and ARGV[3] or ARGV[7])
    end
    if record == '' then
      redis.call('HDEL', KEYS[1], id)
      redis.call('ZREM', KEYS[2], id)
      redis.call('HDEL', KEYS[3], id)
    else
      redis.call('HSET', KEYS[1], id, record)
      redis.call('ZADD', KEYS[2], next_at, id)
    end
    done[#done + 1] = id
    done[#done + 1] = subscriptions
  end
end
return done

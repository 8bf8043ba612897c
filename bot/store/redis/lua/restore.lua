-- Restores the subscriptions to a lost job, with an entry for each subscribed and each watching destination, in one
-- step.
-- KEYS: jobs, due, subscriptions, pending, lost, rules, discovery, events, seen. ARGV: the lost job as it was read, its
-- id, the destinations to restore as JSON (destination to card), its record and next check (both empty: the job has
-- ended), the prefix of an outbox's key, the entry, the version of the rules that chose the watching destinations
-- (empty: no rules), these as JSON (destination to watches), a JSON array of lines for the events, the lifetime (s) and
-- the maximum of events, the name of this attempt in `seen` (empty: it has not ended) with the creation of the job
-- (ms), and the time (ms).
-- Returns 0 and does nothing if the lost job has changed, since another process was faster; -1 if the rules changed.
if ARGV[8] ~= '' and (redis.call('GET', KEYS[6]) or '0') ~= ARGV[8] then return -1 end
if redis.call('GET', KEYS[5]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[5])
local id, restored, record, watches = ARGV[2], cjson.decode(ARGV[3]), ARGV[4], cjson.decode(ARGV[9])
local places = cjson.decode(redis.call('HGET', KEYS[3], id) or '{}')
for place, card in pairs(restored) do
  places[place] = places[place] or card
  if watches[place] then
    redis.call('XADD', ARGV[6] .. place, '*', 'card', card, 'entry', ARGV[7], 'watches', watches[place], 'rules', ARGV[8])
  else
    redis.call('XADD', ARGV[6] .. place, '*', 'card', card, 'entry', ARGV[7])
  end
  redis.call('SADD', KEYS[4], place)
end
for place, ids in pairs(watches) do
  if not restored[place] then
    redis.call('XADD', ARGV[6] .. place, '*', 'card', '', 'entry', ARGV[7], 'watches', ids, 'rules', ARGV[8])
    redis.call('SADD', KEYS[4], place)
  end
end
for _, line in ipairs(cjson.decode(ARGV[10])) do log_event(KEYS[8], line, ARGV[15], ARGV[11], ARGV[12]) end
local watched = redis.call('EXISTS', KEYS[7]) == 1
if watched and ARGV[13] ~= '' then redis.call('ZADD', KEYS[9], 'NX', ARGV[14], ARGV[13]) end
if record ~= '' and (next(restored) or watched) then
  if redis.call('HEXISTS', KEYS[1], id) == 0 then
    redis.call('HSET', KEYS[1], id, record)
    redis.call('ZADD', KEYS[2], ARGV[5], id)
  end
  if next(places) then redis.call('HSET', KEYS[3], id, cjson.encode(places)) end
end
return 1

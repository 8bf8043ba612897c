-- Restores the subscriptions to a job that was lost, with an entry for each of their places, in one step.
-- KEYS: jobs, due, subscriptions, pending, lost. ARGV: the lost job as it was read, its id, the places to restore as JSON
-- (place to card), its record and next check (both empty: the job has ended), how the name of an outbox begins, the entry.
-- Returns 0, and does nothing, when the lost job is another one by now: another process was faster.
if redis.call('GET', KEYS[5]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[5])
local id, restored, record = ARGV[2], cjson.decode(ARGV[3]), ARGV[4]
local places = cjson.decode(redis.call('HGET', KEYS[3], id) or '{}')
for place, card in pairs(restored) do
  places[place] = places[place] or card
  redis.call('XADD', ARGV[6] .. place, '*', 'card', card, 'entry', ARGV[7])
  redis.call('SADD', KEYS[4], place)
end
if record ~= '' and next(restored) then
  if redis.call('HEXISTS', KEYS[1], id) == 0 then
    redis.call('HSET', KEYS[1], id, record)
    redis.call('ZADD', KEYS[2], ARGV[5], id)
  end
  redis.call('HSET', KEYS[3], id, cjson.encode(places))
end
return 1

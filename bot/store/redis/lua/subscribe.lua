-- Follows a job in a place. Whoever follows it already is kept, and what is known of it too.
-- KEYS: jobs, due, subscriptions, pending, outbox, reply, lost. ARGV: id, record, next check (ms), place, card for a new
-- subscription, entry, the lifetime of the reply (s), the newest format of a lost job that is read. Returns the card, and
-- 1 for a new subscription, as JSON: the reply, which a call that is sent again gets once more.
local said = redis.call('GET', KEYS[6])
if said then return said end
local id, place, card = ARGV[1], ARGV[4], ARGV[5]
if redis.call('HEXISTS', KEYS[1], id) == 0 then
  redis.call('HSET', KEYS[1], id, ARGV[2])
  redis.call('ZADD', KEYS[2], ARGV[3], id)
end
local places = cjson.decode(redis.call('HGET', KEYS[3], id) or '{}')
local new = places[place] == nil
if new then
  places[place] = card
  redis.call('HSET', KEYS[3], id, cjson.encode(places))
end
-- A place that follows the job again has no lost subscription to be restored.
local kept = redis.call('GET', KEYS[7])
local readable, lost = pcall(cjson.decode, kept or '')
if readable and type(lost) == 'table' and type(lost.places) == 'table'
    and format_of(kept) <= tonumber(ARGV[8]) then
  if lost.places[place] then  -- written again only then: the order of the JSON is another each time
    lost.places[place] = nil
    if next(lost.places) then redis.call('SET', KEYS[7], cjson.encode(lost), 'KEEPTTL') else redis.call('DEL', KEYS[7]) end
  end
end
redis.call('XADD', KEYS[5], '*', 'card', places[place], 'entry', ARGV[6])
redis.call('SADD', KEYS[4], place)
local reply = cjson.encode({places[place], new and 1 or 0})
redis.call('SET', KEYS[6], reply, 'EX', ARGV[7])
return reply

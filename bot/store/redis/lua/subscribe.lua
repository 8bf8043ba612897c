-- Subscribes a destination to a job. Keeps the existing subscriptions, and the record of a job that has one.
-- KEYS: jobs, due, subscriptions, pending, outbox, reply, lost. ARGV: id, record, next check (ms), destination, card
-- for a new subscription, entry, the lifetime of the reply (s), the newest readable format of a lost job. Returns the
-- card, and 1 for a new subscription, as JSON. A call that redis-py resends gets the same reply.
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
-- A destination that follows the job again needs no restore of its lost subscription.
local kept = redis.call('GET', KEYS[7])
local readable, lost = pcall(cjson.decode, kept or '')
if readable and type(lost) == 'table' and type(lost.places) == 'table'
    and format_of(kept) <= tonumber(ARGV[8]) then
  if lost.places[place] then  -- rewriting reorders the JSON, which `restore` compares
    lost.places[place] = nil
    if next(lost.places) then redis.call('SET', KEYS[7], cjson.encode(lost), 'KEEPTTL') else redis.call('DEL', KEYS[7]) end
  end
end
redis.call('XADD', KEYS[5], '*', 'card', places[place], 'entry', ARGV[6])
redis.call('SADD', KEYS[4], place)
local reply = cjson.encode({places[place], new and 1 or 0})
redis.call('SET', KEYS[6], reply, 'EX', ARGV[7])
return reply

-- Follows a job in a place. Whoever follows it already is kept, and what is known of it too.
-- KEYS: jobs, due, subscriptions, pending, outbox. ARGV: id, record, next check (ms), place, card for a new
-- subscription, entry. Returns the card, and 1 for a new subscription.
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
redis.call('XADD', KEYS[5], '*', 'card', places[place], 'entry', ARGV[6])
redis.call('SADD', KEYS[4], place)
return {places[place], new and 1 or 0}

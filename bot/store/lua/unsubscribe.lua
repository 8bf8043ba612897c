-- Stops following a job in a place; a job that nobody follows is no longer looked at.
-- KEYS: jobs, due, subscriptions, pending, outbox. ARGV: id, place, entry. Returns the card, or nothing.
local places = cjson.decode(redis.call('HGET', KEYS[3], ARGV[1]) or '{}')
local card = places[ARGV[2]]
if not card then return false end
places[ARGV[2]] = nil
if next(places) then
  redis.call('HSET', KEYS[3], ARGV[1], cjson.encode(places))
else
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[1])
end
redis.call('XADD', KEYS[5], '*', 'card', card, 'entry', ARGV[3])
redis.call('SADD', KEYS[4], ARGV[2])
return card

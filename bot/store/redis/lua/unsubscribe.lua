-- Ends the subscription of a destination to a job. A job without subscribers is no longer checked, unless
-- its service is watched; a record of a newer format stays.
-- KEYS: jobs, due, subscriptions, pending, outbox, reply, watches, discovery. ARGV: id, destination, entry, the
-- lifetime of the reply (s), the newest readable format. Returns the card, or nothing. A call that redis-py resends
-- gets the same reply.
local said = redis.call('GET', KEYS[6])
if said then return said end
local places = cjson.decode(redis.call('HGET', KEYS[3], ARGV[1]) or '{}')
local card = places[ARGV[2]]
if not card then return false end
places[ARGV[2]] = nil
if next(places) then
  redis.call('HSET', KEYS[3], ARGV[1], cjson.encode(places))
else
  local watched = redis.call('EXISTS', KEYS[7], KEYS[8]) > 0
  if not watched and format_of(redis.call('HGET', KEYS[1], ARGV[1]) or '') <= tonumber(ARGV[5]) then
    redis.call('HDEL', KEYS[1], ARGV[1])
    redis.call('ZREM', KEYS[2], ARGV[1])
  end
  redis.call('HDEL', KEYS[3], ARGV[1])
end
redis.call('XADD', KEYS[5], '*', 'card', card, 'entry', ARGV[3])
redis.call('SADD', KEYS[4], ARGV[2])
redis.call('SET', KEYS[6], card, 'EX', ARGV[4])
return card

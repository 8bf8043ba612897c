-- Drops the jobs without subscribers and the state of discovery, unless the service is watched again.
-- KEYS: jobs, due, subscriptions, watches, discovery, seen. ARGV: the newest readable format of a job. A record of a
-- newer format stays.
if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
for _, id in ipairs(redis.call('HKEYS', KEYS[1])) do
  if redis.call('HEXISTS', KEYS[3], id) == 0
      and format_of(redis.call('HGET', KEYS[1], id)) <= tonumber(ARGV[1]) then
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
  end
end
redis.call('DEL', KEYS[5], KEYS[6])
return 1

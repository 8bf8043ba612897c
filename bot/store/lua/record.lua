-- Records changes, and tells every place that follows the job, in one step: after a crash both happened or neither.
-- KEYS: jobs, due, subscriptions, pending. ARGV: how the name of an outbox begins, then for each job its id, the
-- record that the change was found against, the new record and next check (both empty: the job is over), and the
-- entry for the outboxes (empty: none). A job whose record is another one by now is left alone: somebody was faster.
-- Returns the id and the subscriptions of each job recorded.
local done = {}
for i = 2, #ARGV, 5 do
  local id, expected, record, next_at, entry = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  if redis.call('HGET', KEYS[1], id) == expected then
    local subscriptions = redis.call('HGET', KEYS[3], id) or '{}'
    if entry ~= '' then
      for place, card in pairs(cjson.decode(subscriptions)) do
        redis.call('XADD', ARGV[1] .. place, '*', 'card', card, 'entry', entry)
        redis.call('SADD', KEYS[4], place)
      end
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

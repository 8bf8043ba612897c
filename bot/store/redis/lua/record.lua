-- Records changes, and tells every place that follows the job, in one step: after a crash both happened or neither.
-- KEYS: jobs, due, subscriptions, pending. ARGV: how the names of an outbox and of a lost job begin, the lifetime of a
-- lost job (s), the format of its record, then for each job its id, the record that the change was found against, the
-- new record and next check (both empty: the job is over), the entry for the outboxes (empty: none), and the record to
-- keep of a job that is lost (empty: none). A job whose record has changed is left alone: another worker was faster. So is
-- one whose subscriptions cannot be read.
-- Returns the id and the subscriptions of each job recorded.
local function subscribers(text)
  local readable, places = pcall(cjson.decode, text)
  if not readable or type(places) ~= 'table' then return nil end
  for place, card in pairs(places) do
    if type(place) ~= 'string' or type(card) ~= 'string' then return nil end
  end
  return places
end
local done = {}
for i = 5, #ARGV, 6 do
  local id, expected, record, next_at, entry, lost = unpack(ARGV, i, i + 5)
  local subscriptions = redis.call('HGET', KEYS[3], id) or '{}'
  local places = subscribers(subscriptions)
  if places and redis.call('HGET', KEYS[1], id) == expected then
    if entry ~= '' then
      for place, card in pairs(places) do
        redis.call('XADD', ARGV[1] .. place, '*', 'card', card, 'entry', entry)
        redis.call('SADD', KEYS[4], place)
      end
    end
    if lost ~= '' then
      local kept = cjson.encode({v = tonumber(ARGV[4]), record = lost, places = places})
      redis.call('SET', ARGV[2] .. id, kept, 'EX', ARGV[3])
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

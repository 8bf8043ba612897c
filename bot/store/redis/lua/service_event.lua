-- Records that a service cannot be read, or can be again, and tells every place with a watch that wants to know, in one
-- step.
-- KEYS: rules, discovery, pending, events. ARGV: how the name of an outbox begins, the version of the rules that the
-- places were chosen by, since when the service was down as it was known (empty: it was not), the same from now on, the
-- time (ms), for how long events are kept (s) and how many, the entry, the places as JSON (place to watches), and the line for
-- the events.
-- Returns 1; 0 if it is known by now, and -1 if the rules changed: nothing is done then.
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[2] then return -1 end
if (redis.call('HGET', KEYS[2], 'down_since') or '') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then redis.call('HDEL', KEYS[2], 'down_since') else redis.call('HSET', KEYS[2], 'down_since', ARGV[4]) end
for place, watches in pairs(cjson.decode(ARGV[9])) do
  redis.call('XADD', ARGV[1] .. place, '*', 'card', '', 'entry', ARGV[8], 'watches', watches, 'rules', ARGV[2])
  redis.call('SADD', KEYS[3], place)
end
log_event(KEYS[4], ARGV[10], ARGV[5], ARGV[6], ARGV[7])
return 1

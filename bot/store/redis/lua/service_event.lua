-- Records that a service is down or up, with an entry for each destination whose watches cover that, in one step.
-- KEYS: rules, discovery, pending, events. ARGV: the prefix of an outbox's key, the version of the rules that chose the
-- destinations, the start of the outage as the caller read it (empty: the service was up), the new start, the time
-- (ms), the lifetime (s) and the maximum of events, the entry, the destinations as JSON (destination to watches), and
-- the line for the events.
-- Returns 1. Does nothing and returns 0 if this is recorded already, or -1 if the rules changed.
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[2] then return -1 end
if (redis.call('HGET', KEYS[2], 'down_since') or '') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then redis.call('HDEL', KEYS[2], 'down_since') else redis.call('HSET', KEYS[2], 'down_since', ARGV[4]) end
for place, watches in pairs(cjson.decode(ARGV[9])) do
  redis.call('XADD', ARGV[1] .. place, '*', 'card', '', 'entry', ARGV[8], 'watches', watches, 'rules', ARGV[2])
  redis.call('SADD', KEYS[3], place)
end
log_event(KEYS[4], ARGV[10], ARGV[5], ARGV[6], ARGV[7])
return 1

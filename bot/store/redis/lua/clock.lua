-- Reads the clock of the server that has the key, and stores the fleet time of the calling process.
-- KEYS: clock. ARGV: that fleet time (us since 1970; empty: read only). Returns the server's time (us), and the fleet
-- time stored before with the server's time at that moment, as "FLEET/SERVER" (us; empty: none). The stored time never
-- decreases. A value that is not a time before the year 10000 did not come from a process, and is replaced.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local kept = redis.call('GET', KEYS[1]) or ''
local reached, server = string.match(kept, '^(%d+)/(%d+)$')
local latest = 253402300799000000
if not reached or tonumber(reached) > latest or tonumber(server) > latest then reached, kept = 0, '' end
if ARGV[1] ~= '' then
  local fleet = math.max(tonumber(ARGV[1]), tonumber(reached))
  redis.call('SET', KEYS[1], string.format('%.0f/%.0f', fleet, now))
end
return {string.format('%.0f', now), kept}

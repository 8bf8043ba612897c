-- Reads the clock of the server that has the key, and keeps the fleet time of the process that asks.
-- KEYS: clock. ARGV: that fleet time (us since 1970; empty: only read). Returns the server's time (us), and the fleet
-- time that was kept before with the server's time of then, as "FLEET/SERVER" (us; empty: none). What is kept never
-- runs back; what is no time before the year 10000 was not kept by a process.
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

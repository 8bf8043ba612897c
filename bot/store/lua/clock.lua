-- Reads the clock of the server that has the key, and keeps the fleet time of the process that asks.
-- KEYS: clock. ARGV: that fleet time (us since 1970; empty: only read). Returns the server's time (us), and the fleet
-- time that was kept before with the server's time of then, as "FLEET/SERVER" (us; empty: none). What is kept never
-- runs back.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local kept = redis.call('GET', KEYS[1]) or ''
if ARGV[1] ~= '' then
  local fleet = math.max(tonumber(ARGV[1]), tonumber(string.match(kept, '^(%d+)/%d+$') or 0))
  redis.call('SET', KEYS[1], string.format('%.0f/%.0f', fleet, now))
end
return {string.format('%.0f', now), kept}

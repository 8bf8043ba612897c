-- Adds a line to the event log of a service, with the fleet time (ms) as its id, and trims the log to its maximum age
-- (s) and number of lines. The limits are approximate (~) because exact ones make Redis rewrite a block for each line.
local function log_event(log, line, now, seconds, number)
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  local ms, follows = tonumber(now), 0
  if last then
    local last_ms, last_number = string.match(last[1], '^(%d+)-(%d+)$')
    if tonumber(last_ms) >= ms then ms, follows = tonumber(last_ms), tonumber(last_number) + 1 end
  end
  redis.call('XADD', log, 'MAXLEN', '~', number, string.format('%.0f-%.0f', ms, follows), 'event', line)
  redis.call('XTRIM', log, 'MINID', '~', string.format('%.0f', tonumber(now) - tonumber(seconds) * 1000))
  redis.call('EXPIRE', log, seconds)
end

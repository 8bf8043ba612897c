-- Marks a post as in flight, unless another one is, the last post is too recent, or another process wrote a step.
-- KEYS: in-flight mark, pace, suspended, cards, turn. ARGV: the mark, the interval between posts (ms), the turn that
-- the post was decided in, then each card's id and the text it was decided on (empty: none). Returns the result:
-- "in_flight" comes with the other mark, "pace" with the time to wait (ms).
if redis.call('EXISTS', KEYS[3]) == 1 then return {'suspended'} end
local in_flight = redis.call('GET', KEYS[1])
if in_flight then return {'in_flight', in_flight} end
if (redis.call('GET', KEYS[5]) or '') ~= ARGV[3] then return {'changed'} end
local wait = redis.call('PTTL', KEYS[2])
-- No process sets a longer wait: the server's clock was set back.
if wait > 0 and wait <= tonumber(ARGV[2]) then return {'pace', tostring(wait)} end
for i = 4, #ARGV, 2 do
  if (redis.call('HGET', KEYS[4], ARGV[i]) or '') ~= ARGV[i + 1] then return {'changed'} end
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
return {'ok'}

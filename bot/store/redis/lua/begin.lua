-- Marks a post as begun, unless another one is under way, the pace forbids it, or somebody else's step came in between.
-- KEYS: begun, pace, suspended, cards, turn. ARGV: the mark, pace (ms), the turn that the post was decided in, then
-- each card's id and the card it was decided on (empty: none). Returns what happened, and with "begun" the other mark,
-- with "pace" how long to wait (ms).
if redis.call('EXISTS', KEYS[3]) == 1 then return {'suspended'} end
local begun = redis.call('GET', KEYS[1])
if begun then return {'begun', begun} end
if (redis.call('GET', KEYS[5]) or '') ~= ARGV[3] then return {'changed'} end
local wait = redis.call('PTTL', KEYS[2])
-- A longer wait than any that is set means that the server's clock was set back.
if wait > 0 and wait <= tonumber(ARGV[2]) then return {'pace', tostring(wait)} end
for i = 4, #ARGV, 2 do
  if (redis.call('HGET', KEYS[4], ARGV[i]) or '') ~= ARGV[i + 1] then return {'changed'} end
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
return {'ok'}

-- Writes cards as they are after a step, marks them as in need of an edit, and gives the turn to the next step.
-- KEYS: begun, cards, stale, turn, told. ARGV: the step's id, its mark from now on, the lifetime of a turn and of the
-- knowledge that a post was sent (s), "post" for a step whose post was sent, the turn that any other was decided in,
-- then for each card its id, the card that the step was decided on (empty: none), the card to write (empty: none) and
-- the mark for its edit (empty: none).
-- Returns 0, and does nothing, when another post is under way, or somebody else's step came in between.
local id, mark, lifetime, kind, turn = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local begun = redis.call('GET', KEYS[1])
if kind == 'post' then
  if not begun or cjson.decode(begun).id ~= id then return 0 end
  redis.call('SET', KEYS[5], '1', 'EX', lifetime)
else
  if begun or (redis.call('GET', KEYS[4]) or '') ~= turn then return 0 end
  for i = 6, #ARGV, 4 do
    if (redis.call('HGET', KEYS[2], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
  end
end
redis.call('SET', KEYS[1], mark)
redis.call('SET', KEYS[4], id, 'EX', lifetime)
for i = 6, #ARGV, 4 do
  if ARGV[i + 2] ~= '' then redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2]) end
  if ARGV[i + 3] ~= '' then
    local before = redis.call('HGET', KEYS[3], ARGV[i])
    local urgency = string.sub(ARGV[i + 3], 1, 1)
    if before and string.sub(before, 1, 1) < urgency then urgency = string.sub(before, 1, 1) end
    redis.call('HSET', KEYS[3], ARGV[i], urgency .. string.sub(ARGV[i + 3], 2))
  end
end
return 1

-- Writes cards as they are after a step, and marks them as in need of an edit.
-- KEYS: begun, cards, stale, told. ARGV: id of the post that was sent, its mark from now on and the lifetime of the
-- knowledge that it was sent (s) (empty and 0: the step posts nothing), then for each card its id, the card that the
-- step was decided on (empty: none), the card to write (empty: none) and the mark for its edit (empty: none).
-- Returns 0, and does nothing, when somebody else's post is under way or has changed the cards.
local id = ARGV[1]
local begun = redis.call('GET', KEYS[1])
if id == '' then
  if begun then return 0 end
  for i = 4, #ARGV, 4 do
    if (redis.call('HGET', KEYS[2], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
  end
else
  if not begun or cjson.decode(begun).id ~= id then return 0 end
  redis.call('SET', KEYS[1], ARGV[2])
  redis.call('SET', KEYS[4], '1', 'EX', ARGV[3])
end
for i = 4, #ARGV, 4 do
  if ARGV[i + 2] ~= '' then redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2]) end
  if ARGV[i + 3] ~= '' then
    local before = redis.call('HGET', KEYS[3], ARGV[i])
    local urgency = string.sub(ARGV[i + 3], 1, 1)
    if before and string.sub(before, 1, 1) < urgency then urgency = string.sub(before, 1, 1) end
    redis.call('HSET', KEYS[3], ARGV[i], urgency .. string.sub(ARGV[i + 3], 2))
  end
end
return 1

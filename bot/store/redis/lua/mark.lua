-- Marks cards of a destination for an edit. A card keeps its mark's higher urgency, but gets the new token, so that an
-- edit drawn before does not remove the mark. KEYS: stale. ARGV: the mark, then the cards' ids.
for i = 2, #ARGV do
  local before = redis.call('HGET', KEYS[1], ARGV[i])
  local urgency = string.sub(ARGV[1], 1, 1)
  if before and string.sub(before, 1, 1) < urgency then urgency = string.sub(before, 1, 1) end
  redis.call('HSET', KEYS[1], ARGV[i], urgency .. string.sub(ARGV[1], 2))
end

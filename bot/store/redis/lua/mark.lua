-- Marks cards of a place as in need of an edit; one that is wanted sooner stays so, yet an edit that was drawn before
-- does not take the mark back. KEYS: stale. ARGV: the mark, then the cards' ids.
for i = 2, #ARGV do
  local before = redis.call('HGET', KEYS[1], ARGV[i])
  local urgency = string.sub(ARGV[1], 1, 1)
  if before and string.sub(before, 1, 1) < urgency then urgency = string.sub(before, 1, 1) end
  redis.call('HSET', KEYS[1], ARGV[i], urgency .. string.sub(ARGV[1], 2))
end

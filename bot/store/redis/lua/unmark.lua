-- Removes the mark of an edited card, unless it was marked again during the edit, and drops a card that is over.
-- KEYS: stale, cards, in-flight mark. ARGV: card id, its mark, the text that was drawn (empty: keep the card).
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
if ARGV[3] ~= '' and not redis.call('GET', KEYS[3]) and redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[3]
    and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  redis.call('HDEL', KEYS[2], ARGV[1])
end

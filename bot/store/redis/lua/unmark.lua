-- Takes back the mark of a card that was edited, unless it was marked anew meanwhile, and drops a card that is over.
-- KEYS: stale, cards, begun. ARGV: card id, its mark, the card as it was drawn (empty: keep it).
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
if ARGV[3] ~= '' and not redis.call('GET', KEYS[3]) and redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[3]
    and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  redis.call('HDEL', KEYS[2], ARGV[1])
end

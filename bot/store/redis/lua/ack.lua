-- Removes entries from an outbox, and deletes the outbox when it is empty.
-- KEYS: outbox, pending. ARGV: destination, then the entries' ids.
for i = 2, #ARGV do redis.call('XDEL', KEYS[1], ARGV[i]) end
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[1])
  redis.call('SREM', KEYS[2], ARGV[1])
end

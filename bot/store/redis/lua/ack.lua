-- Takes entries out of an outbox, and the outbox away when it is empty.
-- KEYS: outbox, pending. ARGV: place, then the entries' ids.
for i = 2, #ARGV do redis.call('XDEL', KEYS[1], ARGV[i]) end
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[1])
  redis.call('SREM', KEYS[2], ARGV[1])
end

-- Moves an unreadable record to the key beside its own. An entry of a stream is only copied: ack.lua removes it.
-- KEYS: the record's key, the key beside it. ARGV: the name of the record there (in a hash and a stream as in its own
-- key), its text (unused for a stream), its replacement (empty: none), the lifetime of the copy (s). Returns 0 and does
-- nothing if the record has changed.
local name, text, instead = ARGV[1], ARGV[2], ARGV[3]
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'stream' then
  local found = redis.call('XRANGE', KEYS[1], name, name)[1]
  if not found then return 0 end
  text = cjson.encode(found[2])
elseif kind == 'hash' then
  if redis.call('HGET', KEYS[1], name) ~= text then return 0 end
  if instead ~= '' then redis.call('HSET', KEYS[1], name, instead) else redis.call('HDEL', KEYS[1], name) end
else
  if redis.call('GET', KEYS[1]) ~= text then return 0 end
  if instead ~= '' then redis.call('SET', KEYS[1], instead, 'KEEPTTL') else redis.call('DEL', KEYS[1]) end
end
redis.call('HSET', KEYS[2], name, text)
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1

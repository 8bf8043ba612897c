-- Replaces the mark of a post, if it is still in flight and its message is not recorded. Returns 1 if it did.
-- KEYS: in-flight mark. ARGV: the post's id, its new mark.
local in_flight = redis.call('GET', KEYS[1])
if not in_flight then return 0 end
local mark = cjson.decode(in_flight)
if mark.id ~= ARGV[1] or mark.ts ~= '' then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1

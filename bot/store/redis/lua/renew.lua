-- Replaces the mark of a post, if it still is this one and its message is not recorded; returns 1 if it did.
-- KEYS: begun. ARGV: the post's id, its mark from now on.
local begun = redis.call('GET', KEYS[1])
if not begun then return 0 end
local mark = cjson.decode(begun)
if mark.id ~= ARGV[1] or mark.ts ~= '' then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1

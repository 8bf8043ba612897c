-- Ends a post: its mark goes, if it still is this one.
-- KEYS: begun. ARGV: the post's id.
local begun = redis.call('GET', KEYS[1])
if begun and cjson.decode(begun).id == ARGV[1] then
  redis.call('DEL', KEYS[1])
  return 1
end
return 0

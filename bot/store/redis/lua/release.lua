-- Ends a post: deletes the mark, if it is still that of this post.
-- KEYS: in-flight mark. ARGV: the post's id.
local in_flight = redis.call('GET', KEYS[1])
if in_flight and cjson.decode(in_flight).id == ARGV[1] then
  redis.call('DEL', KEYS[1])
  return 1
end
return 0

-- Takes a place off those that followed a job until it was lost.
-- KEYS: lost. ARGV: place.
local kept = redis.call('GET', KEYS[1])
if not kept then return end
local lost = cjson.decode(kept)
if not lost.places[ARGV[1]] then return end  -- written again, the order of the JSON is another
lost.places[ARGV[1]] = nil
if next(lost.places) then redis.call('SET', KEYS[1], cjson.encode(lost), 'KEEPTTL') else redis.call('DEL', KEYS[1]) end

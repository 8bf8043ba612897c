-- Removes a destination from those that followed a job until it was lost.
-- KEYS: lost. ARGV: destination, the newest readable format.
local kept = redis.call('GET', KEYS[1])
local readable, lost = pcall(cjson.decode, kept or '')
if not readable or type(lost) ~= 'table' or type(lost.places) ~= 'table' then return end
if format_of(kept) > tonumber(ARGV[2]) then return end
if not lost.places[ARGV[1]] then return end  -- rewriting would reorder the JSON, which `restore` compares
lost.places[ARGV[1]] = nil
if next(lost.places) then redis.call('SET', KEYS[1], cjson.encode(lost), 'KEEPTTL') else redis.call('DEL', KEYS[1]) end

-- Finds the jobs of a page that nobody knows, and those that go on although their end is known.
-- KEYS: jobs, seen. ARGV: a JSON array of each job's id and 1 if it has ended, else 0.
-- Returns the id of each, with the attempt whose end is known: 0 for none.
local listed, found = cjson.decode(ARGV[1]), {}
for i = 1, #listed, 2 do
  local id, ended, attempt = listed[i], listed[i + 1] == 1, 0
  if redis.call('HEXISTS', KEYS[1], id) == 0 then
    if redis.call('ZSCORE', KEYS[2], id) then attempt = 1 end
    while attempt > 0 and redis.call('ZSCORE', KEYS[2], id .. '#' .. (attempt + 1)) do attempt = attempt + 1 end
    if attempt == 0 or not ended then
      found[#found + 1] = id
      found[#found + 1] = attempt
    end
  end
end
return found

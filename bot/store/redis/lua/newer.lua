-- Counts the records of a newer format in strings, hashes and streams of one slot.
-- KEYS: the keys of the records. ARGV: for each key the newest readable format, then that of the cards in a mark.
-- Returns the number for each key.
local function texts(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'string' then return {redis.call('GET', key)} end
  if kind == 'hash' then return redis.call('HVALS', key) end
  local found = {}
  if kind == 'stream' then
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
      for i = 1, #entry[2], 2 do
        if entry[2][i] == 'entry' then found[#found + 1] = entry[2][i + 1] end
      end
    end
  end
  return found
end
local function has_newer_cards(text)
  local readable, mark = pcall(cjson.decode, text)
  if not readable or type(mark) ~= 'table' or type(mark.writes) ~= 'table' then return false end
  for _, write in ipairs(mark.writes) do
    if type(write) == 'table' and type(write.after) == 'string' and format_of(write.after) > tonumber(ARGV[#KEYS + 1]) then
      return true
    end
  end
  return false
end
local newer = {}
for i, key in ipairs(KEYS) do
  newer[i] = 0
  for _, text in ipairs(texts(key)) do
    local prefix = string.match(text, '^([1-9]%d*):')
    local format = prefix and tonumber(prefix) or format_of(text)
    if format > tonumber(ARGV[i]) or (string.find(text, '"writes"', 1, true) and has_newer_cards(text)) then
      newer[i] = newer[i] + 1
    end
  end
end
return newer

-- Returns the format number of a record by the rules of bot/domain/record_formats.py; 1 for an unreadable record.
local function format_of(text)
  local record = text
  if string.sub(text, 1, 1) ~= '{' then record = string.match(text, '^[^\n]*\n(.+)$') or text end
  local number = string.match(record, '^{"v":([1-9]%d*)[,}]')
  if number then return tonumber(number) end
  if not string.find(record, '"v"', 1, true) then return 1 end
  local readable, fields = pcall(cjson.decode, record)
  return readable and type(fields) == 'table' and type(fields.v) == 'number' and fields.v or 1
end

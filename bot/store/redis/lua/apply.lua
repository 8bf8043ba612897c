-- Writes the records of a destination after a step, marks them for an edit, adds jobs to groups, keeps the decisions of
-- the step, and starts a new turn.
-- KEYS: in-flight mark, cards, stale, turn, recorded post, groups. ARGV: the step's id, its new mark, the lifetime of a
-- turn and of the note that a post was recorded (s), "post" for a step whose post was sent, the turn that any other
-- step was decided in, the prefixes of the keys of a group's jobs and of decisions, the maximum of jobs in a group,
-- their lifetime (s), the maximum of lines and bytes of decisions about a job, the maximum of jobs with decisions in a
-- service, their lifetime (s), the number of records and of jobs; then for each record its id, the text that the step
-- was decided on (empty: none), the text to write (empty: delete it) and the mark for its edit (empty: none); for each
-- job the id of its group, its time (ms) and its text; for each decision the index of its service, the job, its time
-- (ms) and the line. Returns 0 and does nothing if another post is under way, or if another process wrote a step in
-- between.
local id, mark, lifetime, kind, turn = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local jobs_of, decisions_of, jobs_max, jobs_lifetime = ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]
local lines_max, bytes_max, decided_max, decided_lifetime =
  tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13])
local first_job = 16 + 4 * tonumber(ARGV[14])
local first_decision = first_job + 3 * tonumber(ARGV[15])
local in_flight = redis.call('GET', KEYS[1])
if kind == 'post' then
  if not in_flight or cjson.decode(in_flight).id ~= id then return 0 end
  -- redis-py resends a command whose reply was lost. The post must be recorded only once.
  if redis.call('EXISTS', KEYS[5]) == 1 then return 1 end
  redis.call('SET', KEYS[5], '1', 'EX', lifetime)
else
  if in_flight or (redis.call('GET', KEYS[4]) or '') ~= turn then return 0 end
  for i = 16, first_job - 1, 4 do
    if (redis.call('HGET', KEYS[2], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
  end
end
redis.call('SET', KEYS[1], mark)
redis.call('SET', KEYS[4], id, 'EX', lifetime)

local function write(record, text, wanted)
  if text == '' then
    redis.call('HDEL', KEYS[2], record)
    redis.call('HDEL', KEYS[3], record)
    redis.call('DEL', jobs_of .. record)
    redis.call('ZREM', KEYS[6], record)
    return
  end
  redis.call('HSET', KEYS[2], record, text)
  if wanted == '' then return end
  local before = redis.call('HGET', KEYS[3], record)
  local urgency = string.sub(wanted, 1, 1)
  if before and string.sub(before, 1, 1) < urgency then urgency = string.sub(before, 1, 1) end
  redis.call('HSET', KEYS[3], record, urgency .. string.sub(wanted, 2))
end
for i = 16, first_job - 1, 4 do write(ARGV[i], ARGV[i + 2], ARGV[i + 3]) end

local grown = {}
for i = first_job, first_decision - 1, 3 do
  redis.call('ZADD', jobs_of .. ARGV[i], ARGV[i + 1], ARGV[i + 2])
  redis.call('ZADD', KEYS[6], ARGV[i + 1], ARGV[i])
  grown[ARGV[i]] = true
end
for group in pairs(grown) do
  redis.call('ZREMRANGEBYRANK', jobs_of .. group, 0, -jobs_max - 1)
  redis.call('EXPIRE', jobs_of .. group, jobs_lifetime)
  redis.call('EXPIRE', KEYS[6], jobs_lifetime)
end

local function note(job, line)
  local list, bytes = decisions_of .. job, 0
  redis.call('RPUSH', list, line)
  local lines = redis.call('LRANGE', list, 0, -1)
  for _, each in ipairs(lines) do bytes = bytes + #each end
  for i, each in ipairs(lines) do
    if #lines - i < lines_max and (bytes <= bytes_max or i == #lines) then break end
    redis.call('LPOP', list)
    bytes = bytes - #each
  end
  redis.call('EXPIRE', list, decided_lifetime)
end
local indexes = {}
for i = first_decision, #ARGV, 4 do
  note(ARGV[i + 1], ARGV[i + 3])
  redis.call('ZADD', ARGV[i], ARGV[i + 2], ARGV[i + 1])
  indexes[ARGV[i]] = math.max(indexes[ARGV[i]] or 0, tonumber(ARGV[i + 2]))
end
for index, newest in pairs(indexes) do
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('(%.0f', newest - 1000 * decided_lifetime))
  local most = redis.call('ZCARD', index) - decided_max
  if most > 0 then
    local oldest = redis.call('ZPOPMIN', index, most)
    for i = 1, #oldest, 2 do redis.call('DEL', decisions_of .. oldest[i]) end
  end
  redis.call('EXPIRE', index, decided_lifetime)
end
return 1

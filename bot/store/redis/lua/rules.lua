-- Changes watches and mutes of a destination, increments the version of its rules, logs the replaced rules, and adds
-- the note about the change to the outbox. The new turn makes workers repeat the decisions they made by the replaced
-- rules.
-- KEYS: watches, version, log, turn, outbox, pending. ARGV: the version that the change was decided on, the rules of
-- that version, now (ms), the maximum of versions in the log, the lifetime of the log (s), a new turn, its lifetime
-- (s), the destination, the entry (empty: none), then for each record its id and its text (empty: none). Returns the
-- new version; returns nothing and changes nothing if the version is another one by now.
if (redis.call('GET', KEYS[2]) or '0') ~= ARGV[1] then return false end
for i = 10, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i]) else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'version', ARGV[1], 'until', ARGV[3], 'rules', ARGV[2])
redis.call('EXPIRE', KEYS[3], ARGV[5])
redis.call('SET', KEYS[4], ARGV[6], 'EX', ARGV[7])
if ARGV[9] ~= '' then
  redis.call('XADD', KEYS[5], '*', 'card', '', 'entry', ARGV[9])
  redis.call('SADD', KEYS[6], ARGV[8])
end
local version = redis.call('INCR', KEYS[2])
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('EXPIRE', KEYS[2], ARGV[5]) else redis.call('PERSIST', KEYS[2]) end
return version

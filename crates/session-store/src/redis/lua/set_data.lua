-- KEYS: session. ARGV: now, the data as it was seen, the data as it shall be. Returns 1 when it was written.
if not lives(KEYS[1], ARGV[1]) then return 0 end
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[3])
return 1

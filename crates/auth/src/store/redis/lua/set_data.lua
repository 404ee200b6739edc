-- KEYS: session. ARGV: now, the data. Returns 1 when it was written.
if not lives(KEYS[1], ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[2])
return 1

-- KEYS: grant, expiry. ARGV: now, when it may go, then names and values.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
keep(KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]))
return 1

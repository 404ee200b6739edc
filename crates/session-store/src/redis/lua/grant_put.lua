-- Stores a grant.
-- KEYS: grant, expiry. ARGV: now, when to remove the grant, then field names and values.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
keep(KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]))
return 1

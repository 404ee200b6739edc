-- Marks a state as used.
-- KEYS: state, expiry. ARGV: when to remove the state. Returns 1 the first time, else 0.
if redis.call('SETNX', KEYS[1], '') == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1])
-- Keep the state for an hour at least, even if the caller's clock is far behind: a removed state works twice.
local hour = (redis.call('TIME')[1] + 3600) * 1000
redis.call('PEXPIREAT', KEYS[1], digits(math.max(tonumber(ARGV[1]), hour)))
return 1

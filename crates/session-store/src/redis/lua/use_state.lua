-- KEYS: state, expiry. ARGV: when it may go. Returns 1 the first time.
if redis.call('SETNX', KEYS[1], '') == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[1], KEYS[1])
-- Never within the hour, should the caller's clock be far behind: a state that is forgotten works twice.
local hour = (redis.call('TIME')[1] + 3600) * 1000
redis.call('PEXPIREAT', KEYS[1], digits(math.max(tonumber(ARGV[1]), hour)))
return 1

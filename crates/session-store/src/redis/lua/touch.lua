-- KEYS: session, expiry. ARGV: seen_at, the new end, the interval, now. Returns 1 when it was written.
local session, seen, now = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[4])
if not lives(session, now) then return 0 end
local found = redis.call('HMGET', session, 'last_seen_at', 'expires_at', 'absolute_expires_at')
if tonumber(found[1]) > seen - tonumber(ARGV[3]) then return 0 end
-- It rolls up to the absolute end, and an app with a nearer end does not shorten it.
local ends = math.max(tonumber(found[2]), math.min(tonumber(ARGV[2]), tonumber(found[3])))
redis.call('HSET', session, 'last_seen_at', ARGV[1], 'expires_at', digits(ends))
keep(session, KEYS[2], now, ends + REMEMBER)
return 1

-- Records activity and extends the expiry.
-- KEYS: session, expiry, live. ARGV: seen_at, the new expiry, the interval, now.
-- Returns 1 if the activity was written, else 0.
local session, seen, now = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[4])
if not lives(session, now) then return 0 end
local found = redis.call('HMGET', session, 'last_seen_at', 'expires_at', 'absolute_expires_at')
if tonumber(found[1]) > seen - tonumber(ARGV[3]) then return 0 end
-- The expiry never passes the absolute expiry. An app with a shorter limit does not shorten the session.
local ends = math.max(tonumber(found[2]), math.min(tonumber(ARGV[2]), tonumber(found[3])))
redis.call('HSET', session, 'last_seen_at', ARGV[1], 'expires_at', digits(ends))
keep(session, KEYS[2], now, ends + REMEMBER)
redis.call('ZADD', KEYS[3], digits(ends), session)
return 1

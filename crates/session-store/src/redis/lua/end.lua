-- KEYS: session, expiry. ARGV: now, reason, and last_seen_at as it must still be, or ''.
-- Returns 1 when it ended now.
local session = KEYS[1]
if not lives(session, ARGV[1]) then return 0 end
if ARGV[3] ~= '' and redis.call('HGET', session, 'last_seen_at') ~= ARGV[3] then return 0 end
finish(session, KEYS[2], ARGV[2], ARGV[1])
return 1

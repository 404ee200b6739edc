-- Ends a session.
-- KEYS: session, expiry, live. ARGV: now, reason, the required last_seen_at or ''.
-- Returns 1 if the session ended, else 0.
local session = KEYS[1]
if not lives(session, ARGV[1]) then return 0 end
if ARGV[3] ~= '' and redis.call('HGET', session, 'last_seen_at') ~= ARGV[3] then return 0 end
finish(session, KEYS[2], KEYS[3], ARGV[2], ARGV[1])
return 1

-- Takes the lease to refresh a session's tokens.
-- KEYS: session. ARGV: now, owner, until when. Returns 1 if the owner got the lease, else 0.
local session = KEYS[1]
if not lives(session, ARGV[1]) then return 0 end
local held = redis.call('HGET', session, 'refresh_until')
if held and tonumber(held) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', session, 'refresh_owner', ARGV[2], 'refresh_until', ARGV[3])
return 1

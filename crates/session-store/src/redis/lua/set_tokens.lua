-- Replaces the sealed tokens and releases the lease.
-- KEYS: session. ARGV: now, owner of the lease, the sealed tokens, when they expire or ''.
-- Returns 1 if the tokens were written, else 0.
local session = KEYS[1]
if not lives(session, ARGV[1]) then return 0 end
if redis.call('HGET', session, 'refresh_owner') ~= ARGV[2] then return 0 end
redis.call('HSET', session, 'sealed_tokens', ARGV[3], 'checked_at', ARGV[1])
if ARGV[4] == '' then
    redis.call('HDEL', session, 'tokens_expire_at')
else
    redis.call('HSET', session, 'tokens_expire_at', ARGV[4])
end
redis.call('HDEL', session, 'refresh_owner', 'refresh_until')
return 1

-- Releases the lease to refresh a session's tokens.
-- KEYS: session. ARGV: owner, when the provider confirmed the session or ''.
if redis.call('HGET', KEYS[1], 'refresh_owner') == ARGV[1] then
    redis.call('HDEL', KEYS[1], 'refresh_owner', 'refresh_until')
    if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'checked_at', ARGV[2]) end
end

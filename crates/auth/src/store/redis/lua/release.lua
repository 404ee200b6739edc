-- KEYS: session. ARGV: owner.
if redis.call('HGET', KEYS[1], 'refresh_owner') == ARGV[1] then
    redis.call('HDEL', KEYS[1], 'refresh_owner', 'refresh_until')
end

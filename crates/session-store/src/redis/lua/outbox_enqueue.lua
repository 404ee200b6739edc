-- Adds deliveries that do not exist yet.
-- KEYS: outbox, expiry, waiting. ARGV: now, then for each delivery: its key, its payload, when it expires.
for first = 2, #ARGV, 3 do
    local key, payload, give_up_at = ARGV[first], ARGV[first + 1], ARGV[first + 2]
    if redis.call('EXISTS', key) == 0 then
        redis.call('HSET', key, 'payload', payload, 'tries', 0, 'give_up_at', give_up_at)
        keep(key, KEYS[2], tonumber(ARGV[1]), tonumber(give_up_at))
        redis.call('ZADD', KEYS[1], ARGV[1], key)
        redis.call('ZADD', KEYS[3], give_up_at, key)
    end
end

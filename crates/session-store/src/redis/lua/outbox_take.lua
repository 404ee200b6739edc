-- Takes due deliveries.
-- KEYS: outbox. ARGV: now, when the deliveries are due again, how many at most.
-- Returns the key, the payload and the attempt's number of each delivery.
local taken = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
    local give_up_at = redis.call('HGET', key, 'give_up_at')
    if give_up_at and tonumber(give_up_at) > tonumber(ARGV[1]) then
        redis.call('ZADD', KEYS[1], ARGV[2], key)
        local tries = redis.call('HINCRBY', key, 'tries', 1)
        taken[#taken + 1] = { key, redis.call('HGET', key, 'payload'), tries }
    else
        redis.call('ZREM', KEYS[1], key)
    end
end
return taken

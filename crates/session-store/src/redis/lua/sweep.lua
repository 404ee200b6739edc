-- Removes keys that are due, up to a limit, because other calls wait while a script runs.
-- KEYS: expiry, live, waiting. ARGV: now, how many at most. Returns how many keys were due, and how many of those existed.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[1])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
local gone = 0
for _, key in ipairs(due) do
    if redis.call('TYPE', key).ok == 'hash' then
        for _, index in ipairs(redis.call('HMGET', key, 'in_sub', 'in_sid')) do
            if index and index ~= '' then redis.call('SREM', index, key) end
        end
    end
    gone = gone + redis.call('DEL', key)
    redis.call('ZREM', KEYS[1], key)
end
return { #due, gone }

-- Creates a session.
-- KEYS: session, index by sub, index by sid or '', expiry, live, then the tombstones that could refuse the session.
-- ARGV: created_at, expires_at, absolute_expires_at, refused_since, then field names and values.
-- Returns 'created', 'buried' or 'taken'.
local session, expiry = KEYS[1], KEYS[4]
local created = tonumber(ARGV[1])

for i = 6, #KEYS do
    local found = redis.call('HMGET', KEYS[i], 'begun_before', 'expires_at')
    if found[1] and tonumber(found[2]) > created and tonumber(found[1]) >= tonumber(ARGV[4]) then
        return 'buried'
    end
end
if redis.call('EXISTS', session) == 1 then return 'taken' end

redis.call('HSET', session, 'in_sub', KEYS[2], 'in_sid', KEYS[3], unpack(ARGV, 5))
keep(session, expiry, created, tonumber(ARGV[2]) + REMEMBER)
redis.call('ZADD', KEYS[5], ARGV[2], session)

-- An index expires when its last session must have expired.
local lifetime = tonumber(ARGV[3]) - created + REMEMBER
for i = 2, 3 do
    if KEYS[i] ~= '' then
        redis.call('SADD', KEYS[i], session)
        if redis.call('PTTL', KEYS[i]) < lifetime then
            redis.call('PEXPIRE', KEYS[i], digits(math.max(lifetime, 1)))
        end
    end
end
return 'created'

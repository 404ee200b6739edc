-- KEYS: index, expiry, and the tombstone to put up or ''. ARGV: now, reason, which ('all', 'public_id',
-- 'all_but' or 'begun_before'), its value, begun_before of the tombstone, how long the tombstone stands.
-- Returns the session keys of those that ended.
local index, expiry, tomb = KEYS[1], KEYS[2], KEYS[3]
local now, which, value = tonumber(ARGV[1]), ARGV[3], ARGV[4]

if tomb ~= '' then
    local old = redis.call('HMGET', tomb, 'begun_before', 'expires_at')
    local before = math.max(tonumber(old[1] or 0), tonumber(ARGV[5]))
    local ends = math.max(tonumber(old[2] or 0), now + tonumber(ARGV[6]))
    redis.call('HSET', tomb, 'begun_before', digits(before), 'expires_at', digits(ends))
    keep(tomb, expiry, now, ends)
end

local function meant(session)
    if which == 'public_id' then return redis.call('HGET', session, 'public_id') == value end
    if which == 'all_but' then return session ~= value end
    if which == 'begun_before' then
        return tonumber(redis.call('HGET', session, 'issued_at')) < tonumber(value)
    end
    return true
end

local ended = {}
for _, session in ipairs(redis.call('SMEMBERS', index)) do
    if redis.call('EXISTS', session) == 0 then
        redis.call('SREM', index, session)
    elseif lives(session, now) and meant(session) then
        finish(session, expiry, ARGV[2], ARGV[1])
        ended[#ended + 1] = session
    end
end
return ended

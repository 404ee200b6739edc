-- Ends sessions of an index. A logout also leaves a tombstone.
-- KEYS: index, expiry, the tombstone of a logout or '', live.
-- ARGV: now, reason, which ('all', 'public_id', 'all_but' or 'browser'), its value. For a logout also: the
-- field to compare, the latest time in that field to end, until when the tombstone refuses, its lifetime.
-- Returns the keys of the ended sessions.
local index, expiry, tomb = KEYS[1], KEYS[2], KEYS[3]
local now, which, value = tonumber(ARGV[1]), ARGV[3], ARGV[4]
local is_logout = tomb ~= ''

if is_logout then
    local old = redis.call('HMGET', tomb, 'begun_before', 'expires_at')
    local before = math.max(tonumber(old[1] or 0), tonumber(ARGV[7]))
    local ends = math.max(tonumber(old[2] or 0), now + tonumber(ARGV[8]))
    redis.call('HSET', tomb, 'begun_before', digits(before), 'expires_at', digits(ends))
    keep(tomb, expiry, now, ends)
end

-- A session from before `begun_at` is compared by its creation time.
local function is_in_time(session)
    local found = redis.call('HMGET', session, ARGV[5], 'created_at')
    return tonumber(found[1] or found[2]) <= tonumber(ARGV[6])
end

local function meant(session)
    if which == 'public_id' then return redis.call('HGET', session, 'public_id') == value end
    if which == 'all_but' then return session ~= value end
    if which == 'browser' and redis.call('HGET', session, 'browser') ~= value then return false end
    return not is_logout or is_in_time(session)
end

local ended = {}
for _, session in ipairs(redis.call('SMEMBERS', index)) do
    if redis.call('EXISTS', session) == 0 then
        redis.call('SREM', index, session)
    elseif lives(session, now) and meant(session) then
        finish(session, expiry, KEYS[4], ARGV[2], ARGV[1])
        ended[#ended + 1] = session
    end
end
return ended

-- What the scripts share. Times are milliseconds since the epoch and always come from the caller.

-- How long the reason of an ended session can still be told: a day.
local REMEMBER = 86400000

-- A number as digits: Lua's own way would make it 1.8e+12.
local function digits(number)
    return string.format('%.0f', number)
end

-- Whether the session is there, has not ended, and has time left at `now`.
local function lives(session, now)
    local found = redis.call('HMGET', session, 'expires_at', 'ended_reason')
    return found[1] and not found[2] and tonumber(found[1]) > tonumber(now)
end

-- Notes when a key may go. The sweeper goes by the sorted set and the caller's time; Redis' own expiry is
-- there for when nobody sweeps, and is counted from this moment.
local function keep(key, expiry, now, until_time)
    redis.call('ZADD', expiry, digits(until_time), key)
    redis.call('PEXPIRE', key, digits(math.max(until_time - now, 1)))
end

-- Ending forgets the person and the tokens; what stays is that it ended, and why.
local function finish(session, expiry, reason, now)
    redis.call('HDEL', session, 'user', 'data', 'sealed_tokens', 'tokens_expire_at', 'user_agent',
        'refresh_owner', 'refresh_until')
    redis.call('HSET', session, 'ended_reason', reason, 'expires_at', now)
    keep(session, expiry, tonumber(now), tonumber(now) + REMEMBER)
    for _, index in ipairs(redis.call('HMGET', session, 'in_sub', 'in_sid')) do
        if index and index ~= '' then redis.call('SREM', index, session) end
    end
end

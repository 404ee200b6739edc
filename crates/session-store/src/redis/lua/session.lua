-- Shared functions. Times are milliseconds since the epoch and come from the caller.

-- How long a store remembers why a session ended: a day.
local REMEMBER = 86400000

-- Formats a number as digits; Lua's default format is 1.8e+12.
local function digits(number)
    return string.format('%.0f', number)
end

-- Checks that the session exists, has not ended and has not expired at `now`.
local function lives(session, now)
    local found = redis.call('HMGET', session, 'expires_at', 'ended_reason')
    return found[1] and not found[2] and tonumber(found[1]) > tonumber(now)
end

-- Sets when to remove a key. The sweeper uses the sorted set and the caller's time. Redis' own expiry counts
-- from this moment, and is a fallback for when no process sweeps.
local function keep(key, expiry, now, until_time)
    redis.call('ZADD', expiry, digits(until_time), key)
    redis.call('PEXPIRE', key, digits(math.max(until_time - now, 1)))
end

-- Ends a session: deletes the user, the app's data and the tokens, and keeps the reason.
local function finish(session, expiry, live, reason, now)
    redis.call('HDEL', session, 'user', 'data', 'sealed_tokens', 'tokens_expire_at', 'user_agent',
        'refresh_owner', 'refresh_until')
    redis.call('HSET', session, 'ended_reason', reason, 'expires_at', now)
    keep(session, expiry, tonumber(now), tonumber(now) + REMEMBER)
    redis.call('ZREM', live, session)
    for _, index in ipairs(redis.call('HMGET', session, 'in_sub', 'in_sid')) do
        if index and index ~= '' then redis.call('SREM', index, session) end
    end
end

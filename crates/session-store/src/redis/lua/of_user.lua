-- Lists the live sessions of an index.
-- KEYS: index. ARGV: now, then field names. Returns the values of these fields for each live session.
local found = {}
for _, session in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    if redis.call('EXISTS', session) == 0 then
        redis.call('SREM', KEYS[1], session)
    elseif lives(session, ARGV[1]) then
        found[#found + 1] = redis.call('HMGET', session, unpack(ARGV, 2))
    end
end
return found

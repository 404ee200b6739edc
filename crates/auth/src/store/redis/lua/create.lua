-- KEYS: session, index by sub, index by sid, tombstone of the sub, tombstone of the sid, expiry
-- (those by sid are '' without one). ARGV: created_at, issued_at, expires_at, absolute_expires_at,
-- begun_at, then names and values. Returns 'created', 'buried' or 'taken'.
local session, expiry = KEYS[1], KEYS[6]
local created = tonumber(ARGV[1])

local function buried(tomb, issued)
    local found = redis.call('HMGET', tomb, 'begun_before', 'expires_at')
    return found[1] and tonumber(found[2]) > created and tonumber(found[1]) >= tonumber(ARGV[5])
        and (not issued or tonumber(found[1]) > issued)
end

if buried(KEYS[4], tonumber(ARGV[2])) then return 'buried' end
if KEYS[5] ~= '' and buried(KEYS[5]) then return 'buried' end
if redis.call('EXISTS', session) == 1 then return 'taken' end

redis.call('HSET', session, 'in_sub', KEYS[2], 'in_sid', KEYS[3], unpack(ARGV, 6))
keep(session, expiry, created, tonumber(ARGV[3]) + REMEMBER)

-- An index goes when the last of its sessions must have gone.
local lifetime = tonumber(ARGV[4]) - created + REMEMBER
for i = 2, 3 do
    if KEYS[i] ~= '' then
        redis.call('SADD', KEYS[i], session)
        if redis.call('PTTL', KEYS[i]) < lifetime then
            redis.call('PEXPIRE', KEYS[i], digits(math.max(lifetime, 1)))
        end
    end
end
return 'created'

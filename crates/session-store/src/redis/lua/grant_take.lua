-- Takes a grant.
-- KEYS: grant, expiry. ARGV: now, kind, audience, state hash.
-- Returns the sealed content. Returns nothing if the claim does not match; the grant then stays.
local found = redis.call('HMGET', KEYS[1], 'kind', 'audience', 'state_hash', 'expires_at', 'sealed')
if found[1] ~= ARGV[2] or found[2] ~= ARGV[3] or found[3] ~= ARGV[4] then return false end
if tonumber(found[4]) <= tonumber(ARGV[1]) then return false end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], KEYS[1])
return found[5]

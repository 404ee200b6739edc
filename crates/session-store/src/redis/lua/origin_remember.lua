-- Remembers an origin of an app.
-- KEYS: the app's origins. ARGV: the origin, until when, now, how many others at most.
-- Returns 1, or 0 if the app has too many other origins.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local others = redis.call('ZCARD', KEYS[1])
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then
    others = others - 1
end
if others >= tonumber(ARGV[4]) then
    return 0
end
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], digits(last[2]))
return 1

-- Replaces the app's own data by compare-and-set.
-- KEYS: session. ARGV: now, the data as the caller read it, the new data.
-- Returns 1 if the new data was written, else 0.
if not lives(KEYS[1], ARGV[1]) then return 0 end
if redis.call('HGET', KEYS[1], 'data') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[3])
return 1

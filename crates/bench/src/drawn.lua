-- Sends a random session's cookie with every request. Arguments:
-- 1. a file of session ids, 43 characters each, without separators
-- 2. the number of ids to draw from
-- 3. the path
-- 4. the cookie's name
-- 5. the host
local WIDTH = 43

function init(args)
   local file = assert(io.open(args[1], 'rb'))
   ids = file:read('*a')
   file:close()
   count = math.min(tonumber(args[2]), #ids / WIDTH)
   head = 'GET ' .. args[3] .. ' HTTP/1.1\r\nHost: ' .. args[5] .. '\r\nCookie: ' .. args[4] .. '='
   math.randomseed(os.time())
end

function request()
   local at = math.random(0, count - 1) * WIDTH
   return head .. ids:sub(at + 1, at + WIDTH) .. '\r\n\r\n'
end

local t = {}
for i = 0, 299999 do t["key " .. (i % 50000)] = i end
local squares = {}
for i = 0, 499999 do squares[i * 7] = i end
local total = 0
for i = 0, 499999 do total = total + (squares[i * 7] or 0) end
for i = 0, 299999 do total = total + t["key " .. (i % 50000)] end
print(total)

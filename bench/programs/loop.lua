local total = 0
local i = 0
while i < 30000000 do
    total = (total + i) % 1000003
    i = i + 1
end
print(total)

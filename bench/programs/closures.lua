local function adder(step)
    local total = 0
    return function(x)
        total = total + x * step
        return total
    end
end
local adders = {}
for n = 1, 100 do adders[n] = adder(n) end
local result = 0
for round = 1, 20000 do
    for _, add in ipairs(adders) do result = (result + add(round)) % 1000003 end
end
print(result)

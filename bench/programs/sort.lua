local seed = 42
local numbers = {}
for i = 1, 500000 do
    seed = (seed * 1103515245 + 12345) % 2147483648
    numbers[i] = seed
end
local ordered = {}
for i = 1, #numbers do ordered[i] = numbers[i] end
table.sort(ordered)
local descending = {}
for i = 1, 50000 do descending[i] = numbers[i] end
table.sort(descending, function(a, b) return b < a end)
print(ordered[1], ordered[#ordered], descending[1])

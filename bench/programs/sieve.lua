local size = 2000000
local composite = {}
for i = 0, size do composite[#composite + 1] = false end
local count = 0
for n = 2, size do
    if not composite[n + 1] then
        count = count + 1
        local k = n * n
        while k <= size do
            composite[k + 1] = true
            k = k + n
        end
    end
end
print(count)

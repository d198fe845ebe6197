local words = {}
for i = 0, 199999 do words[#words + 1] = "item " .. i end
local line = table.concat(words, ",")
local total = 0
local upper_count = 0
for part in line:gmatch("[^,]+") do
    total = total + #part:sub(3, 6) + (part:find("1", 1, true) or 0) - 1
    if part:sub(1, 5):upper():find("ITEM", 1, true) then upper_count = upper_count + 1 end
end
local grown = ""
for i = 1, 20000 do grown = grown .. "ab" end
print(total, upper_count, #grown)

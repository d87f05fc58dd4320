-- What wrk asks for in a soak, ten requests in a circle; reports as the benchmarks do.
dofile("bench/report.lua")

local weights = {["/api/health"] = 6, ["/api/lab/status"] = 2, ["/api/metrics"] = 2}
local requests, last = {}, 0

init = function()
  for path, weight in pairs(weights) do
    for _ = 1, weight do
      table.insert(requests, wrk.format("GET", path))
    end
  end
end

request = function()
  last = last % #requests + 1
  return requests[last]
end

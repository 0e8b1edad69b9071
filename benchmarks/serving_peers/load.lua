-- Sends the bodies of a file in turn; "@" in a body becomes a text that never comes twice. Prints one line of JSON at the end.
local number = 0
function setup(thread) thread:set("id", number); number = number + 1 end

function init(args)
  bodies, counter = {}, 0
  path, key, run = args[1], args[3], args[4]
  for line in io.lines(args[2]) do bodies[#bodies + 1] = line end
  headers = { ["Content-Type"] = "application/json" }
  if key ~= "" then headers["Authorization"] = "Bearer " .. key end
end

function request()
  counter = counter + 1
  local body = bodies[(counter + id * 37) % #bodies + 1]:gsub("@", run .. "-" .. id .. "-" .. counter)
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format('{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}', summary.requests,
    summary.duration / 1e6, failed, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end

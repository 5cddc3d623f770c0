"""Loads a server with wrk and returns its figures."""

import json
import pathlib
import subprocess
import sys

# Sends requests in turn. They are formatted before the load begins; those with a body are POSTs. A body that contains FRESH is formatted for
# each request, with a new UUID in place of FRESH.
LUA = """
local lines, at = {}, 0
for line in io.lines("%s") do lines[#lines + 1] = line end
local requests = {}
local posts, sent, seed = {}, 0, 0
init = function()
  -- Each of wrk's threads begins with another request.
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%%x+)"), 16) %% 100000)
  at = math.random(#lines)
  seed = math.random(0, 0xffffff)
  for number, line in ipairs(lines) do
    local path, token, body = line:match("^([^\\t]*)\\t?([^\\t]*)\\t?(.*)$")
    local headers = {}
    if token ~= "" then headers["Authorization"] = "Bearer " .. token end
    if body ~= "" then
      headers["Content-Type"] = "application/json"
      if body:find("FRESH") then
        posts[number] = {path = path, headers = headers, body = body}
      else
        requests[number] = wrk.format("POST", path, headers, body)
      end
    else
      requests[number] = wrk.format("GET", path, headers)
    end
  end
end
request = function()
  at = at %% #lines + 1
  local post = posts[at]
  if not post then return requests[at] end
  sent = sent + 1
  local fresh = string.format("%%08x-0000-7000-8000-%%012x", seed, sent)
  return wrk.format("POST", post.path, post.headers, (post.body:gsub("FRESH", fresh)))
end
done = function(summary, latency)
  local e = summary.errors
  io.stderr:write(string.format(
    '{"bytes": %%d, "microseconds": %%d, "requests": %%d, "errors": %%d, "p50": %%d, "p99": %%d}',
    summary.bytes, summary.duration, summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


def load(folder, url, lines, seconds, connections):
    """Requests `lines` from `url`, each a path and, after tabs, an access token and a JSON body. Returns the numbers of bytes, requests and
    errors, the duration in microseconds, and the 50th and 99th percentile of the response times in microseconds."""
    folder = pathlib.Path(folder)
    (folder / "requests").write_text("\n".join(lines) + "\n")
    (folder / "wrk.lua").write_text(LUA % (folder / "requests"))
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", folder / "wrk.lua", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = json.loads(done.stderr)
    if figures["errors"] or not figures["requests"]:
        sys.exit(f"{url}: {figures}\n{done.stdout}")
    figures["per_second"] = figures["requests"] / figures["microseconds"] * 1e6
    return figures

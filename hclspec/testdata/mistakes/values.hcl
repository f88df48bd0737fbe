limit "a" { rate = "fast" }
limit "b" { rate = "0/s" }
limit "c" { concurrency = 0 }
limit "d" { burst = -1 }
limit "e" {}

asflow { required_version = "soon" }

target "a.json" {
  max_age      = "soon"
  timeout      = 5
  absent       = ["x"]
  allow_failed = "lots"
  concurrency  = 1.5
  retry        = { attempts = 0, delay = "1x", wait = "1s" }
  compression  = { level = "extreme" }
  description  = ["no"]
  fetch {
    url       = "http://127.0.0.1/"
    method    = "PUT"
    redirects = -1
    timeouts  = { connect = "1 parsec", read = "1s" }
    expect    = { status = "ok", json = "maybe", jq = ".[", size = 3, min_size = "2 bananas" }
  }
}

target "b.jsonl" {
  fetch {
    url      = "http://127.0.0.1/"
    records  = ".["
    paginate = { next = ".a |", cursor = ".c", max_pages = 0, end = ["x"] }
  }
}

target "c.txt" {
  fetch {
    url     = "http://127.0.0.1/"
    records = "."
  }
}

target "d.jsonl" {
  fetch {
    url      = "http://127.0.0.1/"
    paginate = { next = "link" }
  }
}

target "e.txt" {
  exec {
    command = ["true"]
    stdout  = "file"
  }
}

target "f.txt" {
  exec { shell = "echo ${each.key} > ${output}" }
}

target "g.txt" {
  exec { shell = "echo $${HOME}; echo ${HOME}" }
}

target "raw/{each.key}.x" {
  for_each = { a = 1 }
  inputs   = ["in/{each.key}.x"]
  exec { command = ["true"] }
}

# errors
# 1: Wrong value for rate. "fast" is not a rate: write one such as "10/s", "600/m" or "5000/h".
# 2: Wrong value for rate. "0/s" is not a rate: write one such as "10/s", "600/m" or "5000/h".
# 3: Wrong value for concurrency. concurrency takes a whole number, 1 or more.
# 4: Wrong value for burst. burst takes a whole number, 1 or more.
# 7: Bad version constraint. "soon" is not a constraint. Write one such as ">= 0.1".
# 10: Wrong value for max_age. "soon" is not a duration: write one such as "30s", "10m", "24h" or "7d".
# 11: Wrong value for timeout. "5" is not a duration: write one such as "30s", "10m", "24h" or "7d".
# 12: Wrong type for absent. absent takes a list of numbers, such as [404].
# 13: Wrong value for allow_failed. Write a number of jobs, such as 10, or a share, such as "5%".
# 14: Wrong value for concurrency. concurrency takes a whole number, 1 or more.
# 15: Wrong value for retry.delay. "1x" is not a duration: write one such as "30s", "10m", "24h" or "7d".
# 15: No such attribute of retry. retry has attempts, delay, max_delay, max_pause, statuses and expect, and no "wait".
# 15: Wrong value for retry.attempts. retry.attempts takes a whole number from 1 to 1000.
# 16: compression where asflow compresses nothing. asflow compresses outputs in .gz and .zst that are fetched, or are what a command prints (stdout = "output").
# 16: Wrong value for compression.level. compression.level is one of "fastest", "default", "better" and "best".
# 17: Wrong type for description. description takes a string.
# 20: Wrong value for method. method is one of GET and POST.
# 21: Wrong value for redirects. redirects takes a whole number from 0 to 1000.
# 22: Wrong value for timeouts.connect. "1 parsec" is not a duration: write one such as "30s", "10m", "24h" or "7d".
# 22: No such attribute of timeouts. timeouts has connect, response and idle, and no "read".
# 23: Bad jq program in expect.jq. ".[" does not parse: unexpected EOF.
# 23: Wrong value for expect.min_size. For expect.min_size write a size in bytes, or one such as "64MB".
# 23: No such attribute of expect. expect has status, content_type, min_size, max_size, sha256, json and jq, and no "size".
# 23: Wrong type for expect.json. expect.json takes true or false.
# 23: Wrong type for expect.status. expect.status takes a list of statuses, such as [404].
# 30: Bad jq program in records. ".[" does not parse: unexpected EOF.
# 31: Bad jq program in paginate.next. ".a |" does not parse: unexpected EOF.
# 31: paginate with next and cursor. Pages follow by next, or by cursor: take one of them.
# 31: Wrong type for paginate.end. paginate.end takes a list of statuses, such as [404].
# 31: Wrong value for paginate.max_pages. paginate.max_pages takes a whole number from 1 to 2147483647.
# 38: records needs an output of lines. Each record is one line of JSON, so the label "c.txt" has to end in .jsonl or .ndjson, or one of them with .gz or .zst.
# 45: paginate needs records. The pages' records become one file: say which part of a page they are, such as records = ".items[]".
# 52: Wrong value for stdout. stdout is "output" (what the command prints is the output) or "log".
# 57: each in a shell script. Data put into a script would run as code. The script has it in its environment: "$ASFLOW_OUTPUT", "$ASFLOW_KEY", "$ASFLOW_INPUT", "$ASFLOW_INPUTS_FILE", and what env = { … } adds.
# 57: output in a shell script. Data put into a script would run as code. The script has it in its environment: "$ASFLOW_OUTPUT", "$ASFLOW_KEY", "$ASFLOW_INPUT", "$ASFLOW_INPUTS_FILE", and what env = { … } adds.
# 61: A shell variable that is read as asflow's. ${…} and %{…} in a string are asflow's own. The shell's are written $${…} and %%{…}, or $NAME without braces.
# 66: A label's placeholder in inputs. "in/{each.key}.x" is text here. For the one file of this element write "in/${each.key}.x"; for all files of a target, outputs("in/{each.key}.x").

# What must be known before anything is built can't come from what a target makes.
target "list.json" {
  fetch { url = "http://127.0.0.1/" }
}

variable "first" { default = json("list.json")[0] }

limit "x" { rate = json("list.json").rate }

target "a.txt" {
  concurrency = json("list.json").n
  exec { command = ["true"] }
}

target "b/{local.name}.txt" {
  exec { command = ["true"] }
}

locals {
  name = json("list.json").name
}

flow "f" { targets = json("list.json") }

# errors
# 6: This must be known before anything is built. It waits for list.json, which the target "list.json" makes. Labels, limits, flows, depends_on, concurrency and variables' defaults can read source files only.
# 8: This must be known before anything is built. It waits for list.json, which the target "list.json" makes. Labels, limits, flows, depends_on, concurrency and variables' defaults can read source files only.
# 11: This must be known before anything is built. It waits for list.json, which the target "list.json" makes. Labels, limits, flows, depends_on, concurrency and variables' defaults can read source files only.
# 15: This must be known before anything is built. It waits for list.json, which the target "list.json" makes. Labels, limits, flows, depends_on, concurrency and variables' defaults can read source files only.
# 20: Error in function call. Call to function "json" failed: open list.json: file does not exist.
# 23: This must be known before anything is built. It waits for list.json, which the target "list.json" makes. Labels, limits, flows, depends_on, concurrency and variables' defaults can read source files only.

# What this project makes. `asflow build` makes what is missing or out of date, `asflow plan` shows what that would be.
#
# The reference of all words is at https://github.com/asflow/asflow/blob/main/docs/language.md

# Values that may be set from outside: asflow build --var user=torvalds
variable "user" {
  default     = "golang"
  description = "Whose repositories to fetch."
}

# How fast a host is asked. All requests to it share this, retries and pages too.
limit "api.github.com" {
  rate        = "2/s"
  concurrency = 2
}

# 1. A list: one file.
target "{var.user}/repos.jsonl" {
  description = "All repositories of the user, page by page."

  fetch {
    url      = "https://api.github.com/users/${var.user}/repos"
    query    = { per_page = 100 }
    headers  = { Accept = "application/vnd.github+json" }
    records  = ".[]"
    paginate = { next = "link" }
  }
}

# 2. One file for each element of the list. The list is known once 1 is built; both happen in one run.
#    {each.value.name} names the files. Where values make poor file names, write * for a hash of each.key.
target "{var.user}/raw/{each.value.name}.json.zst" {
  for_each = jsonl("${var.user}/repos.jsonl")
  key      = each.value.name
  absent   = [404]

  fetch {
    url = "${each.value.url}/languages"
  }
}

# 3. One file from all of them, by a command. It runs again when what it reads has changed.
target "{var.user}/languages.jsonl" {
  inputs = ["{var.user}/raw/{each.value.name}.json.zst"]

  exec {
    command = ["sh", "-c", "asflow cat --skip-missing --files-from \"$ASFLOW_INPUTS_FILE\""]
    stdout  = "output"
  }
}

# Weather stations: a list, one document for each, one clean table for each, and a report of all.
# The documents lie in source/, so that this runs with no network; an https: URL works the same.

# A raw file per station. A station that has no document yet is absent, and no error.
target "raw/{each.key}.jsonl.zst" {
  description = "readings as they came"
  for_each    = csv("stations.csv")
  key         = each.value.id
  absent      = [404]

  fetch {
    url     = "file:source/${each.key}.json"
    records = ".readings[] | {time, celsius: .temperature}"
  }
}

# A clean file per raw file, as soon as that one is there.
target "clean/{each.key}.csv" {
  description = "readings as a table"
  for_each    = outputs("raw/{each.key}.jsonl.zst")
  inputs      = [each.value.path, "clean.sh"]

  exec {
    command = ["sh", "clean.sh", each.key, each.value.value.name]
    stdin   = inputs[0]
    stdout  = "output"
  }
}

# One report of all clean files that there are.
target "report.csv" {
  description = "mean temperature of each station"
  inputs      = ["clean/{each.key}.csv", "report.sh"]

  exec {
    command = ["sh", "report.sh"]
    stdout  = "output"
  }
}

# Weather stations, from an API to one table. asflow demo built this against a small API of its own, which is gone by
# now; what is made of the files that are here can be built again at any time. Where the API was says api.asflow.hcl.

# How fast the API is asked, by all targets together, retries and pages too. Where it says 429 nonetheless, asflow holds
# back for as long as it is told.
limit "api" {
  rate        = "40/s"
  burst       = 10
  concurrency = 12
}

# 1. The list comes in pages. Each station becomes a line of JSON.
target "stations.jsonl" {
  description = "All stations."
  limits      = ["api"]

  fetch {
    url      = "${var.api}/stations"
    records  = ".stations[]"
    paginate = { next = "link" }
  }
}

# 2. One file for each station, as it came, compressed. The list is known once 1 is built, in the same run.
#    Some stations have no readings: that is remembered, and no failure.
target "raw/{each.key}.jsonl.zst" {
  for_each = jsonl("stations.jsonl")
  key      = each.value.id
  limits   = ["api"]
  absent   = [404]
  retry    = { delay = "200ms" }

  fetch {
    url     = "${var.api}/stations/${each.key}/readings"
    records = ".readings[]"
  }
}

# 3. The day of each station: made as soon as its own file is there, while others are still being fetched.
#    stdin is decompressed; what the command prints is the output.
target "days/{each.key}.csv" {
  for_each = outputs("raw/{each.key}.jsonl.zst")
  key      = each.value.key
  inputs   = [each.value.path, "mean.sh"]

  exec {
    stdin   = inputs[0]
    stdout  = "output"
    command = ["sh", "mean.sh", each.key, each.value.value.name]
  }
}

# 4. One table of all. It is made again when one of the days has changed, and only then. Those that are absent are in the
#    list of inputs, too: it is for the recipe to say that it can do without.
target "warmest.csv" {
  inputs = ["days/{each.key}.csv"]

  exec {
    stdout = "output"
    shell  = <<-EOT
      days=$(asflow cat --skip-missing --files-from "$ASFLOW_INPUTS_FILE")
      echo station,name,mean
      echo "$days" | sort -t, -k3,3 -rn
    EOT
  }
}

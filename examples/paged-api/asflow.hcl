# Clinical trials by condition, from ClinicalTrials.gov, whose API gives pages by a cursor:
# https://clinicaltrials.gov/data-api/api

variable "api" {
  default     = "https://clinicaltrials.gov"
  description = "Scheme and host of the API."
}

# All requests to a host, pages and retries too: one a second on average, two under way.
limit "*" {
  rate        = "1/s"
  burst       = 2
  concurrency = 2
}

# One file for each condition: all of its pages, a line for each study.
target "studies/*.jsonl.zst" {
  description = "studies as they came"
  for_each    = lines("conditions.txt")

  fetch {
    url = "${var.api}/api/v2/studies"
    query = {
      "query.cond" = each.value
      fields       = "NCTId,OverallStatus"
      pageSize     = 1000
      pageToken    = page.cursor
    }
    records  = ".studies[].protocolSection | {id: .identificationModule.nctId, status: .statusModule.overallStatus}"
    paginate = { cursor = ".nextPageToken" }
    expect   = { content_type = "application/json" }
  }
}

# How many studies of each status, for each condition. The name follows the element: the same hash.
target "counts/*.csv" {
  description = "studies of each status"
  for_each    = outputs("studies/*.jsonl.zst")
  key         = each.value.key
  inputs      = [each.value.path, "count.sh"]

  exec {
    command = ["sh", "count.sh", each.key]
    stdin   = inputs[0]
    stdout  = "output"
  }
}

# All conditions in one table.
target "statuses.csv" {
  inputs = ["counts/*.csv"]

  exec {
    shell  = "echo condition,status,studies; xargs cat < \"$ASFLOW_INPUTS_FILE\" | sort"
    env    = { LC_ALL = "C" }
    stdout = "output"
  }
}

flow "table" {
  targets     = ["statuses.csv"]
  description = "The table, and all that it needs."
}

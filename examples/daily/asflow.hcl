# Earthquakes, a file for each day, and a table for each month. The service is the one of the USGS, which follows the
# FDSN's specification: https://earthquake.usgs.gov/fdsnws/event/1/

variable "api" {
  default     = "https://earthquake.usgs.gov"
  description = "Scheme and host of the service."
}

variable "from" {
  default     = "2026-01-01"
  description = "The first day."
}

variable "to" {
  default     = "2026-02-10"
  description = "The last day."
}

locals {
  days   = dates(var.from, var.to)
  months = distinct([for d in local.days : substr(d, 0, 7)])
}

limit "*" {
  rate        = "5/s"
  concurrency = 4
}

# A day's earthquakes, as CSV. A day without any is answered by 404, as asked for by nodata.
target "days/{each.key}.csv.zst" {
  description = "earthquakes of a day"
  for_each    = local.days
  absent      = [404]

  fetch {
    url = "${var.api}/fdsnws/event/1/query"
    query = {
      format       = "csv"
      starttime    = each.value
      endtime      = "${each.value}T23:59:59.999"
      minmagnitude = 4.5
      orderby      = "time-asc"
      nodata       = 404
    }
    expect = { content_type = "text/csv" }
  }
}

# What is of use, one day at a time: time, place and magnitude.
target "clean/{each.key}.csv" {
  description = "time, latitude, longitude and magnitude"
  for_each    = outputs("days/{each.key}.csv.zst")
  inputs      = [each.value.path]

  exec {
    command = ["cut", "-d,", "-f1-3,5"]
    stdin   = inputs[0]
    stdout  = "output"
  }
}

# A month is remade when one of its days is, and only then. Days that are absent are left out.
target "months/{each.key}.csv" {
  description = "earthquakes of a month"
  for_each    = local.months
  inputs      = ["clean/${each.key}-*.csv", "month.sh"]

  exec {
    command = ["sh", "month.sh"]
    stdout  = "output"
  }
}

flow "daily" {
  targets     = ["months/{each.key}.csv"]
  description = "What runs every morning."
}

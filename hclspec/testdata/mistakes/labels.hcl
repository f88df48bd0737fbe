variable "empty" { default = "" }
variable "list"  { default = ["a"] }

target "two/*/*.json" {
  for_each = ["a"]
  fetch { url = each.value }
}

target "star/*.json" {
  fetch { url = "http://127.0.0.1/" }
}

target "one.json" {
  for_each = ["a"]
  fetch { url = each.value }
}

target "../up.txt" {
  exec { command = ["true"] }
}

target "a/../b.txt" {
  exec { command = ["true"] }
}

target "a//b.txt" {
  exec { command = ["true"] }
}

target "open/{each.key" {
  for_each = ["a"]
  fetch { url = each.value }
}

target "close/}.txt" {
  exec { command = ["true"] }
}

target "fn/{upper(each.key)}" {
  for_each = ["a"]
  fetch { url = each.value }
}

target "page/{page.number}" {
  for_each = ["a"]
  fetch { url = each.value }
}

target "e/{var.empty}.txt" {
  exec { command = ["true"] }
}

target "l/{var.list}.txt" {
  exec { command = ["true"] }
}

target "u/{var.unknown}.txt" {
  exec { command = ["true"] }
}

target "s/{local.token}.txt" {
  exec { command = ["true"] }
}

locals {
  token = secret("TOKEN")
}

target "" {
  exec { command = ["true"] }
}

target "twice.txt" {
  exec { command = ["true"] }
}

target "twice.txt" {
  exec { command = ["false"] }
}

# errors
# 4: Two stars in a label. A label has one * at most: it is the hash of each.key. Put what else tells elements apart into {each.…}.
# 9: A label that needs for_each. * and {each.…} stand for an element's part of the path. Say which elements there are: for_each = ….
# 13: A label that is the same for all elements. With for_each the label needs a * (the hash of each.key) or {each.…}, so that each element has a path of its own.
# 18: A path that leaves the project. A label can't hold .. as a step: outputs stay inside the project. For a folder elsewhere write an absolute path, or make a symbolic link to it.
# 22: A path that leaves the project. A label can't hold .. as a step: outputs stay inside the project. For a folder elsewhere write an absolute path, or make a symbolic link to it.
# 26: A path that is not in its simplest form. Write "a//b.txt" as "a/b.txt".
# 30: A { without its }. Placeholders of a label are {each.…}, {var.…} and {local.…}.
# 35: A } without its {. Placeholders of a label are {each.…}, {var.…} and {local.…}.
# 39: Bad placeholder in a label. {upper(each.key)} is not one of {each.…}, {var.…} and {local.…}. A value that needs an expression can be a local, or an attribute of the elements.
# 44: page can't be used here. page.number, page.offset and page.cursor stand in url, query, headers and body of a fetch with paginate.
# 49: A placeholder without a usable value. {var.empty} is empty.
# 53: A placeholder without a usable value. {var.list} is a tuple: only a string, number or bool can be part of a path.
# 57: No such variable. There is no variable "unknown". Declare it: variable "unknown" { … }.
# 61: A secret can't stand here. This value is shown and stored as it is. Keep secrets to headers, query, body, form, auth, url, env and command.
# 69: A target without a path. A target's label is the path of what it makes, such as "data/list.json".
# 77: Two targets with one label. "twice.txt" is the label of the target at labels.hcl:73 too. A path is made by one target.

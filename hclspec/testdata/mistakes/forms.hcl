variable "1 a" { default = 1 }
variable "s" {
  sensitive  = "maybe"
  descripton = "x"
  default    = [secret("TOKEN")]
}

limit "" { rate = "1/s" }
limit "https://api.example.com/" { rate = "1/s" }
limit "a" { rate = [1] }
limit "a" { brust = 1 }

flow "" { targets = [] }
flow "text" { targets = "a.json" }
flow "null" { targets = [null] }

locals {
  a = each.key
  b = page.number
  c = inputs
  d = outptus("a.json")
}

locals {
  block { a = 1 }
}

asflow { required_version = ">= 9" }

target "a" "b" {
  exec { command = ["true"] }
}

target "." {
  exec { command = ["true"] }
}

target "a.json" {
  key        = "x"
  depends_on = "b.txt"
  absent     = [4.5]
  exec { command = ["true"] }
}

target "b.txt" {
  exec {
    command = "ls -l"
    stdin   = ["a"]
    env     = "x"
    dir     = "../up"
  }
}

target "c.txt" {
  exec { command = null }
}

target "d.txt" {
  exec { shell = null }
}

target "e/" {
  exec {
    command = ["true"]
    stdout  = "output"
  }
}

target "f.json" {
  fetch {
    url     = ["http://127.0.0.1/"]
    headers = []
    query   = "a"
    form    = 1
    auth    = { token = "x" }
    tls     = { ca = [1], insecure = "maybe", crt = "x" }
    proxy   = {}
    http    = "3"
  }
}

target "g.json" {
  fetch {
    url     = "http://127.0.0.1/${page.number}"
    headers = { A = "x\ny", Expect = null, TE = "trailers", content-length = 5 }
    body    = inputs
    form    = {}
  }
}

target "h/*.jsonl" {
  for_each = each.value
  key      = page.number
  fetch {
    url      = "http://127.0.0.1/${page.nmber}"
    records  = each.value
    paginate = { next = each.key }
  }
}

target "i.txt" {
  exec {
    command = ["true", 1.5, null]
    env     = { "A=B" = 1, C = [1] }
  }
}

target "{var.long}.txt" {
  exec { command = ["true"] }
}

variable "long" { default = "a name that is far longer than names may be, since temporary names need room beside it: a name that is far longer than names may be, since temporary names need room beside it; and it goes on for a while" }

locals { wrong = var.nope }

target "j.json" {
  fetch { url = local.wrong }
}

target "k.json" {
  fetch { url = local.wrong }
}

target "l.txt" {
  exec { command = ["echo", "a\u0000b"] }
}

# errors
# 1: Bad name of a variable. var.1 a can't be written: a name is letters, digits, _ and -, and begins with a letter.
# 3: Wrong type for sensitive. sensitive takes true or false.
# 4: Unsupported argument. An argument named "descripton" is not expected here. Did you mean "description"?
# 5: A secret can't stand here. This value is shown and stored as it is. Keep secrets to headers, query, body, form, auth, url, env and command.
# 8: A limit without a name. The name is a host, such as "api.example.com", "*" for every host, or one that a target's limits name.
# 9: A limit's name is a host, not a URL. Write the host alone, with its port if it isn't the scheme's: limit "api.example.com".
# 10: Wrong type for rate. rate takes a string.
# 11: Two limits with one name. "a" is declared at forms.hcl:10 too.
# 11: Unsupported argument. An argument named "brust" is not expected here. Did you mean "burst"?
# 13: A flow without a name. The name is what asflow build is told, such as "daily".
# 14: Wrong type for targets. targets takes a list of strings.
# 15: Null in targets. Take it out of the list, for example by compact(…).
# 18: each can't be used here. Only what belongs to one element can mention each: see the language reference for the attributes that can, and that a target without for_each has no elements.
# 19: page can't be used here. page.number, page.offset and page.cursor stand in url, query, headers and body of a fetch with paginate.
# 20: inputs can't be used here. inputs stands in command, stdin and env of an exec.
# 21: No such function. There is no function "outptus". Did you mean "outputs"?
# 25: Unexpected "block" block. Blocks are not allowed here.
# 28: Another version of asflow is required. This project asks for asflow >= 9, and this is 0.1.0. Install a version that fits, or change required_version.
# 30: Extraneous label for target. Only 1 labels (path) are expected for target blocks.
# 34: A target without a path. A target's label is the path of what it makes, such as "data/list.json".
# 39: key without for_each. key says what identifies an element; this target has none.
# 40: Wrong type for depends_on. depends_on takes a list of strings.
# 41: Wrong status in absent. A status is a whole number, such as 404.
# 47: Wrong value for command. command takes a list, the program and its arguments: ["sort", "-u", inputs[0]]. For a script take shell.
# 48: Wrong value for stdin. stdin takes a string, number or bool, and this is a tuple.
# 49: Wrong value for env. env takes an object: { NAME = "value" }.
# 50: Wrong value for dir. dir is "../up", which leaves the project: write an absolute path, or make a symbolic link to it.
# 55: Wrong value for command. command is null or empty.
# 59: Wrong value for shell. shell is null or empty.
# 65: A directory can't come from stdout. The label ends in /. Let the command write files into the folder that output names.
# 71: Wrong value for url. url takes a string, number or bool, and this is a tuple.
# 72: Wrong value for headers. headers takes an object: { name = "value" }.
# 73: Wrong value for query. query takes an object: { name = "value" }.
# 74: Wrong value for form. form takes an object: { name = "value" }.
# 75: Wrong value for auth. auth has token. It takes one of { bearer }, { username, password }, { netrc = true }, { token_url, client_id, client_secret, scopes } and { command }.
# 76: No such attribute of tls. tls has ca, cert, key and insecure, and no "crt".
# 76: Wrong value for tls. tls.ca takes a string, number or bool, and this is a tuple.
# 76: Wrong value for tls. tls.insecure takes true or false.
# 77: Wrong value for proxy. proxy takes a string, number or bool, and this is an object.
# 78: Wrong value for http. http is one of auto, 1 and 2.
# 84: page can't be used here. page.number, page.offset and page.cursor stand in url, query, headers and body of a fetch with paginate.
# 85: Wrong value for headers. headers.A holds a line break.
# 85: Wrong value for headers. headers.TE can't be set: asflow itself frames requests and keeps connections. Leave it out.
# 85: Wrong value for headers. headers.content-length can't be set: asflow itself frames requests and keeps connections. Leave it out.
# 86: inputs can't be used here. inputs stands in command, stdin and env of an exec.
# 87: body and form. A request has one body: take body or form.
# 92: each can't be used here. Only what belongs to one element can mention each: see the language reference for the attributes that can, and that a target without for_each has no elements.
# 93: page can't be used here. page.number, page.offset and page.cursor stand in url, query, headers and body of a fetch with paginate.
# 95: No such attribute of page. page has number, offset and cursor.
# 96: each can't be used here. Only what belongs to one element can mention each: see the language reference for the attributes that can, and that a target without for_each has no elements.
# 97: each can't be used here. Only what belongs to one element can mention each: see the language reference for the attributes that can, and that a target without for_each has no elements.
# 103: Wrong value for command. Argument 2 of command is null. A list is taken in by concat(…).
# 104: Wrong value for env. "A=B" can't be the name or value of an environment variable.
# 104: Wrong value for env. env.C takes a string, number or bool, and this is a tuple.
# 108: A name that is too long. The label makes "a name that is far longer than names may be, since temporary names need room beside it: a name that is far longer than names may be, since temporary names need room beside it; and it goes on for a while.txt", of 206 bytes; a name may have 200.
# 114: No such variable. There is no variable "nope". Declare it: variable "nope" { … }.
# 125: Wrong value for command. Argument 1 of command holds NUL, which no program can be given.

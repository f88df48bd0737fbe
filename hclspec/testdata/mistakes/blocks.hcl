target "a.txt" {
  exec { command = ["true"] }
}

tarket "b.txt" {
  exec { command = ["true"] }
}

target {
  exec { command = ["true"] }
}

target "c.txt" {
}

target "d.txt" {
  fetch { url = "http://127.0.0.1/" }
  exec { command = ["true"] }
}

target "e.txt" {
  exec { command = ["true"] }
  hook { command = ["true"] }
}

target "f.txt" {
  inptus = ["x"]
  exec { command = ["true"] }
}

target "g.json" {
  fetch {
    url    = "http://127.0.0.1/"
    metod  = "GET"
  }
}

target "h.txt" {
  exec {
    command = ["true"]
    shell   = "true"
  }
}

target "i.txt" {
  exec { env = { A = "b" } }
}

target "j/" {
  fetch { url = "http://127.0.0.1/" }
}

target "k.txt" {
  inputs = ["x"]
  fetch { url = "http://127.0.0.1/" }
}

target "l.txt" {
  compression = { level = "best" }
  fetch { url = "http://127.0.0.1/" }
}

target "m.txt" {
  fetch {}
}

# errors
# 5: Unsupported block type. Blocks of type "tarket" are not expected here. Did you mean "target"?
# 9: Missing path for target. All target blocks must have 1 labels (path).
# 13: A target without a recipe. A target needs one block that says how its files come to be: fetch { url = … } or exec { command = […] }.
# 18: A target with two recipes. A target has exactly one fetch or exec block. Make two targets of it, and let one's inputs name the other's label.
# 23: Unsupported block type. Blocks of type "hook" are not expected here.
# 27: Unsupported argument. An argument named "inptus" is not expected here. Did you mean "inputs"?
# 34: Unsupported argument. An argument named "metod" is not expected here. Did you mean "method"?
# 41: command and shell. An exec runs one of them.
# 46: An exec without a command. Say what to run: command = ["program", "argument"], or shell = "script".
# 49: A directory can't be fetched. A label that ends in / is a directory, which only an exec can make.
# 54: inputs of a fetch. inputs is what an exec reads. A fetch takes values from files by functions: json(path), lines(path); what must only be built first goes into depends_on.
# 59: compression where asflow compresses nothing. asflow compresses outputs in .gz and .zst that are fetched, or are what a command prints (stdout = "output").
# 64: A fetch without a url. Say what to fetch: url = "https://…".

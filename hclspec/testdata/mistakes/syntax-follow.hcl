# A syntax error is told of by itself: not what the rest of its block lacks, nor what names that it may have hidden.
target "c.txt" {
  depends_on = ["b.txt", "z.txt", "q.txt"]
  timeout    = "1 parsec"
  exec { command = ["sh", local.two, local.three, var.v, var.w] }
}

flow "all" { targets = ["z.txt", "c.txt", "y.txt"] }

target "a/{each.key}.txt" {
  for_each == [1]
  exec { command = ["sh"] }
}

target "b.txt" {
  exec
    command = ["sh"]
  timeout = "1 parsec"
}

locals { one = 1 two = 2 }

variable "v" {
  default = 
}

target "z.txt" { exec { command = ["true"] } }

# errors
# 3: No such target. No target has the label "q.txt", which depends_on names. Did you mean "b.txt"?
# 4: Wrong value for timeout. "1 parsec" is not a duration: write one such as "30s", "10m", "24h" or "7d".
# 5: No such local. There is no local "three". Declare it in a locals block.
# 8: No such target. No target has the label "y.txt", which the flow names. Did you mean "b.txt"?
# 11: Argument or block definition required. An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value.
# 16: Argument or block definition required. An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value.
# 27: Argument definition required. A single-line block definition can contain only a single argument. If you meant to define argument "exec", use an equals sign to assign it a value. To define a nested block, place it on a line of its own within its parent block.

target "a.txt" {
  for_each = [1,2
  exec {
    command = ["sh"]
  }
}

limit "x" { rate = "1 parsec" }

# errors
# 3: Missing item separator. Expected a comma to mark the beginning of the next item.

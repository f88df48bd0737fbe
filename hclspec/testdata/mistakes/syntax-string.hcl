limit "x" { rate = "1 parsec" }

target "d.txt" {
  exec {
    command = ["sh", "unclosed]
    nothing = 1
  }
}

# errors
# 1: Wrong value for rate. "1 parsec" is not a rate: write one such as "10/s", "600/m" or "5000/h".
# 5: Invalid multi-line string. Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \n escape to represent a newline character or use the "heredoc" multi-line template syntax.

target "a.txt" {
  exec { command = ["true" }
}

# errors
# 2: Missing item separator. Expected a comma to mark the beginning of the next item.

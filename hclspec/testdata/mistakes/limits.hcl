limit "x.example:80" { rate = "1/s" }
limit "x.example:443" { rate = "1/s" }
limit "x.example:8080" { rate = "1/s" }
limit "api.example.com/v1" { rate = "1/s" }
limit "*.example.com" { rate = "1/s" }
limit "api.example.com." { rate = "1/s" }
limit "[::1]:80" { rate = "1/s" }
limit "*" { rate = "1/s" }
limit "disk/writes" { concurrency = 1 }
limit "db.example./*" { concurrency = 1 }

target "a.txt" {
  limits = ["disk/writes", "db.example./*"]
  exec { command = ["true"] }
}

# errors
# 1: A limit's name is not as hosts are written. Write the host alone, with its port if it isn't the scheme's: limit "x.example".
# 2: A limit's name is not as hosts are written. Write the host alone, with its port if it isn't the scheme's: limit "x.example".
# 4: A limit's name is not as hosts are written. Write the host alone, with its port if it isn't the scheme's: limit "api.example.com".
# 5: A limit for a pattern of hosts. "*.example.com" is no host. Write one host, "*" for each host, or have the targets that it is for name it: limits = ["*.example.com"].
# 6: A limit's name is not as hosts are written. Write the host alone, with its port if it isn't the scheme's: limit "api.example.com".
# 7: A limit's name is not as hosts are written. Write the host alone, with its port if it isn't the scheme's: limit "[::1]".

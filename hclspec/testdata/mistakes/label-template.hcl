target "a/${each.key}.txt" {
  for_each = range(3)
  exec { command = ["touch", output] }
}
target "b/*/${each.value.id}/${each.value.name}.txt" {
  for_each = range(3)
  inputs   = ["a/${each.key}.txt"]
  exec { command = ["touch", output] }
}
target "%{ if true }c%{ endif }.txt" {
  exec { command = ["touch", output] }
}
flow "${var.name}" {
  targets = ["a/{each.key}.txt"]
}

# errors
# 1: A template in a label. Labels have placeholders of their own, without the $: write {each.key}.
# 5: A template in a label. Labels have placeholders of their own, without the $: write {each.value.id}.
# 10: A template in a label. Labels are no templates. Their placeholders are {each.…}, {var.…} and {local.…}; what needs an expression can be a local, or an attribute of the elements.
# 13: Invalid string literal. Template sequences are not allowed in this string. To include a literal "$", double it (as "$$") to escape it.

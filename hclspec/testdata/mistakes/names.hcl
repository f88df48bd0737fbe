variable "country" { default = "ch" }
variable "country" { default = "de" }

locals {
  base = "http://127.0.0.1"
  loop = local.pool
  pool = local.loop
}

locals {
  base = "http://localhost"
}

limit "api" { rate = "10/s" }

target "a/*.json" {
  for_each = lines("ids.txt")
  limits   = ["apj"]
  fetch { url = "${local.bse}/${var.contry}/${each.vale}" }
}

target "b.json" {
  fetch { url = upercase("x") }
}

target "c.json" {
  depends_on = ["a/*.jsn"]
  fetch { url = "${local.base}/${each.key}" }
}

target "d.json" {
  fetch { url = "${pge.number}" }
}

flow "daily" { targets = ["c.jsn"] }
flow "daily" { targets = ["c.json"] }
flow "c.json" { targets = ["b.json"] }
flow "empty" {}

# errors
# 2: Two variables with one name. "country" is declared at names.hcl:1 too.
# 6: A cycle. local.loop needs itself: local.loop → local.pool → local.loop.
# 11: Two locals with one name. "base" is declared at names.hcl:5 too.
# 18: Wrong value for limits. There is no limit "apj". Did you mean "api"?
# 19: No such local. There is no local "bse". Did you mean "base"?
# 19: No such variable. There is no variable "contry". Did you mean "country"?
# 19: No such attribute of each. each has key and value. For an attribute of the element write each.value.vale.
# 23: No such function. There is no function "upercase".
# 27: No such target. No target has the label "a/*.jsn", which depends_on names. Did you mean "a/*.json"?
# 28: each can't be used here. Only what belongs to one element can mention each: see the language reference for the attributes that can, and that a target without for_each has no elements.
# 32: Unknown name. There is no "pge" here. Did you mean "page"? A text needs quotes.
# 35: No such target. No target has the label "c.jsn", which the flow names. Did you mean "c.json"?
# 36: Two flows with one name. The flow "daily" is declared above. Give one of them another name, or put their targets into one.
# 37: A flow with the name of a target. "c.json" is a target's label. Give the flow another name.
# 38: Missing required argument. The argument "targets" is required, but no definition was found.

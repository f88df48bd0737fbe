target "a.jsonl" {
  fetch {
    url      = "http://127.0.0.1/"
    records  = ".[]"
    paginate = {}
  }
}

target "b.jsonl" {
  fetch {
    url      = "http://127.0.0.1/"
    records  = ".[]"
    paginate = { cursor = ".next", max_pages = 3 }
  }
}

target "c.jsonl" {
  fetch {
    url      = "http://127.0.0.1/"
    records  = ".[]"
    headers  = { Cursor = page.cursor }
    paginate = { cursor = ".next" }
  }
}

# errors
# 5: Pages that are all the same request. Say by page.number or page.offset in url, query, headers or body which page is meant, as in query = { page = page.number }; or where each page tells where the next one is, by next.
# 13: Pages that are all the same request. Say by page.cursor in url, query, headers or body which page is meant, as in query = { cursor = page.cursor }; or where each page tells where the next one is, by next.

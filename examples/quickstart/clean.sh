# Reads lines of JSON such as {"celsius":1.5,"time":"2026-01-01T00:00Z"} and prints station,name,time,celsius.
set -eu
sed -n 's/^{"celsius":\([-0-9.]*\),"time":"\([^"]*\)"}$/\2,\1/p' | while IFS=, read -r time celsius; do
	printf '%s,%s,%s,%s\n' "$1" "$2" "$time" "$celsius"
done

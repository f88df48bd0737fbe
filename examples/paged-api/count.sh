# Counts lines such as {"id":"NCT1","status":"COMPLETED"} by status, and prints condition,status,studies.
set -eu
sed -n 's/.*"status":"\([^"]*\)".*/\1/p' | sort | uniq -c | while read -r n status; do
	printf '"%s",%s,%d\n' "$1" "$status" "$n"
done

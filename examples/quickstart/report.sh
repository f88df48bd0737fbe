# Prints each station's mean temperature, from the clean tables that asflow lists in ASFLOW_INPUTS_FILE. The list names
# all that are planned; those of absent stations don't exist.
set -eu
echo station,name,readings,mean_celsius
while read -r table; do
	case $table in *.csv) [ -e "$table" ] || continue ;; *) continue ;; esac
	awk -F, '{ n++; sum += $4; id = $1; name = $2 } END { if (n) printf "%s,%s,%d,%.1f\n", id, name, n, sum / n }' "$table"
done <"$ASFLOW_INPUTS_FILE"

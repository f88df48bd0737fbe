# Puts the days of a month together, with one header row. The list names all days; those without earthquakes don't exist.
set -eu
echo time,latitude,longitude,magnitude
while read -r day; do
	case $day in *.csv) [ -e "$day" ] || continue ;; *) continue ;; esac
	tail -n +2 "$day"
done <"$ASFLOW_INPUTS_FILE"

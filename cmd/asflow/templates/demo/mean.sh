# Prints a station's mean temperature of the day: station,name,mean.
# Its readings come on stdin, a line each: {"station":"altdorf","hour":0,"temperature":7.3}
sum=0 n=0
while IFS= read -r line; do
  value=${line##*'"temperature":'}
  value=${value%\}}
  whole=${value%.*} tenth=${value#*.}
  case $value in -*) sum=$((sum + whole * 10 - tenth)) ;; *) sum=$((sum + whole * 10 + tenth)) ;; esac
  n=$((n + 1))
done
mean=$((sum / n))
sign=
[ "$mean" -ge 0 ] || { sign=- mean=$((-mean)); }
echo "$1,$2,$sign$((mean / 10)).$((mean % 10))"

# Runs one component and sees to it that the component ends with the process that started it, however that one ends.
#
#   guard <stop signal> <seconds to stop in> <lock file> <log file> <command...>
#
# Standard input is a pipe from the starting process and carries nothing: its end means that the process is gone, or wants
# the component to stop. Standard output gets one line, the component's process id, or "busy" while another process holds
# the lock, which the component and all its children inherit.
signal=$1 seconds=$2 lock=$3 log=$4
shift 4
exec 3<&0 </dev/null 4>&1 >>"$log" 2>&1

if command -v flock >/dev/null; then
    exec 9>>"$lock"
    if ! flock -w 20 9; then
        echo busy >&4
        exit 75
    fi
fi

"$@" 3<&- 4>&- &
child=$!
echo "$child" >&4
exec 4>&-

(
    read -r _ <&3
    # A stopped process acts on a signal only once it goes on.
    family="$child $(cat "/proc/$child/task/$child/children" 2>/dev/null)"
    kill "-$signal" "$child"
    kill -CONT $family
    for ((tenths = 0; tenths < seconds * 10; tenths++)); do
        kill -0 "$child" || exit 0
        sleep 0.1
    done
    family="$child $(cat "/proc/$child/task/$child/children" 2>/dev/null)"
    kill -KILL $family
) 2>/dev/null 9>&- &
watch=$!
exec 3<&-

wait "$child"
status=$?
kill "$watch" 2>/dev/null
exit "$status"
